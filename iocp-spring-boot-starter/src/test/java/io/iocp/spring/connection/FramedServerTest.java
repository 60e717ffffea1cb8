package io.iocp.spring.connection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Random;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Servers whose handlers get frames, seen by a plain socket. */
class FramedServerTest {

    private static ApplicationContextRunner application(EngineChoice engine, String... framing) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues(
                        "iocp.servers.framed.port=0",
                        "iocp.servers.framed.address=127.0.0.1",
                        "iocp.concurrency=2",
                        "iocp.engine=" + engine)
                .withPropertyValues(framing);
    }

    private static TcpServer server(ApplicationContext context) {
        return requireNonNull(context.getBean(TcpServers.class).server("framed"));
    }

    private static Socket connect(ApplicationContext context) throws IOException {
        Socket socket = new Socket();
        socket.connect(requireNonNull(server(context).localAddress()), 10_000);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    static class Brackets {
        @IoCompletionHandler(server = "framed")
        String bracket(String line) {
            return "[" + line + "]";
        }
    }

    @EachEngine
    void shouldCallTheHandlerOnceForEachLineHoweverItIsCut(EngineChoice engine) {
        application(engine, "iocp.servers.framed.framing.type=line")
                .withBean(Brackets.class)
                .run(context -> {
                    Random random = new Random(7);
                    StringBuilder expected = new StringBuilder();
                    ByteArrayOutputStream sent = new ByteArrayOutputStream();
                    for (int i = 0; i < 400; i++) {
                        String line = "é€x".repeat(random.nextInt(i % 50 == 0 ? 2000 : 30));
                        sent.writeBytes((line + (random.nextBoolean() ? "\r\n" : "\n")).getBytes(UTF_8));
                        expected.append('[').append(line).append(']');
                    }
                    try (Socket socket = connect(context)) {
                        byte[] bytes = sent.toByteArray();
                        for (int at = 0; at < bytes.length; ) {
                            int length =
                                    Math.min(bytes.length - at, 1 + random.nextInt(random.nextInt(5) == 0 ? 9000 : 40));
                            socket.getOutputStream().write(bytes, at, length);
                            at += length;
                        }
                        socket.shutdownOutput();
                        assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                                .isEqualTo(expected.toString());
                    }
                    await().until(() -> server(context).closed(CloseReason.PEER) == 1);
                });
    }
}
