package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.SecureConnection;
import io.iocp.TestCertificates;
import io.iocp.TestEngine;
import io.iocp.TlsOptions;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Sends back what it receives, over TLS: one connection after the other is accepted, made secure and served. */
final class TlsEcho implements CompletionHandler {
    private final TlsOptions options = TlsOptions.server(TestCertificates.server());
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicReference<@Nullable CompletionPort> port = new AtomicReference<>();

    @Override
    public void completed(OverlappedIO packet) throws Exception {
        switch (packet.kind()) {
            case ACCEPT -> {
                CompletionPort on = port.get();
                if (packet.status() == Status.OK && on != null) {
                    SecureConnection connection = packet.accepted().secure(options);
                    on.associate(connection, "echo");
                    connection.handshake(new OverlappedIO());
                    connection.receiveContinuously(new OverlappedIO());
                }
            }
            case TLS_RECEIVE -> {
                Connection connection = packet.connection();
                if (packet.status() == Status.OK) {
                    connection.send(new OverlappedIO(), packet.retain());
                } else {
                    count(packet, Status.EOF);
                    connection.disconnect(new OverlappedIO(), DisconnectMode.GRACEFUL);
                }
            }
            case DISCONNECT -> {
                count(packet, Status.OK);
                packet.connection().close();
            }
            default -> count(packet, Status.OK);
        }
    }

    private void count(OverlappedIO packet, Status wanted) {
        if (packet.status() != wanted && packet.status() != Status.PORT_CLOSED) {
            failures.incrementAndGet();
        }
    }

    /** So many connections at once, each with so many messages of up to {@code most} bytes. */
    static void run(TestEngine engine, int connections, int messages, int most) throws Exception {
        TlsEcho echo = new TlsEcho();
        SSLContext client = TestCertificates.client();
        try (PortFixture fixture = new PortFixture(engine);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletionPort on = fixture.open(
                    fixture.options().concurrency(2).receiveBuffers(64).receiveCredit(4), echo);
            echo.port.set(on);
            Listener listener = fixture.listen(on, "listener");
            listener.acceptContinuously(new OverlappedIO());
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                int seed = i;
                Peer plain = fixture.connect(listener);
                TlsPeer peer = TlsPeer.client(plain, client, TlsPeer.protocol(i % 3 == 2 ? "TLSv1.2" : "TLSv1.3"));
                all.add(clients.submit(() -> {
                    peer.handshake();
                    talk(peer, new Random(seed), messages, most);
                    peer.finish();
                    peer.seesEnd();
                    return true;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            fixture.end(on);
        }
        assertThat(echo.failures).hasValue(0);
    }

    private static void talk(TlsPeer peer, Random random, int messages, int most) throws Exception {
        for (int m = 0; m < messages; m++) {
            byte[] message = new byte[1 + random.nextInt(most)];
            random.nextBytes(message);
            peer.send(message);
            assertThat(peer.read(message.length)).isEqualTo(message);
        }
    }
}
