package io.iocp.spring.connection;

import static io.iocp.spring.connection.FramedApplication.awaitClosed;
import static io.iocp.spring.connection.FramedApplication.sendInPieces;
import static io.iocp.spring.connection.FramedApplication.server;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.tls.Certificates;
import io.iocp.spring.tls.TlsClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;

/** Frames of a server with TLS, whose records are cut by the peer and again by the network. */
class FramedTlsTest {

    static class Later {
        @IoCompletionHandler(server = "framed")
        CompletionStage<String> received(String line) {
            return line.length() % 2 == 0
                    ? CompletableFuture.completedFuture("[" + line + "]")
                    : CompletableFuture.supplyAsync(() -> "(" + line + ")");
        }
    }

    @EachEngine
    void shouldCallTheHandlerOnceForEachLine(EngineChoice engine, @TempDir Path directory) throws IOException {
        Certificates.valid("framed.example").writeTo(directory);
        FramedApplication.application(TestEngine.of(engine), "type=line")
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
                .withPropertyValues(
                        "spring.ssl.bundle.pem.web.keystore.certificate=" + directory.resolve("tls.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=" + directory.resolve("tls.key"),
                        "iocp.servers.framed.ssl.bundle=web")
                .withBean(Later.class)
                .run(context -> {
                    Random random = new Random(23);
                    StringBuilder lines = new StringBuilder();
                    StringBuilder expected = new StringBuilder();
                    for (int i = 0; i < 300; i++) {
                        String line = "ł".repeat(random.nextInt(i % 40 == 0 ? 9000 : 30));
                        lines.append(line).append("\r\n");
                        expected.append(line.length() % 2 == 0 ? "[" + line + "]" : "(" + line + ")");
                    }
                    int port = requireNonNull(server(context).localAddress()).getPort();
                    try (TlsClient client = TlsClient.connect(port)) {
                        Peer peer = Peer.of(client.socket());
                        Thread sender = Thread.startVirtualThread(() -> {
                            try {
                                sendInPieces(peer, lines.toString().getBytes(UTF_8), random);
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                        });
                        // It is not left half open: the JDK's engine sends nothing behind the other's close_notify.
                        byte[] replies = expected.toString().getBytes(UTF_8);
                        assertThat(peer.input().readNBytes(replies.length)).isEqualTo(replies);
                        sender.join();
                    }
                    awaitClosed(context, CloseReason.PEER);
                });
    }
}
