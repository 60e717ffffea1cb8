package io.iocp.spring.connection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.autoconfigure.CompletionPortCustomizer;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Random;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** An application with one server, 'framed', on any engine, and peers of it that cut what they send as they like. */
final class FramedApplication {
    private static final String FRAMING = "iocp.servers.framed.framing.";

    /** @param framing properties below that, as in {@code type=line} */
    static ApplicationContextRunner application(TestEngine engine, String... framing) {
        SimulatedNetwork network = SimulatedNetwork.of(Faults.timing());
        ApplicationContextRunner runner = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withBean(SimulatedNetwork.class, () -> network)
                .withBean(CompletionPortCustomizer.class, () -> options -> engine.on(network, options))
                .withPropertyValues(
                        "iocp.servers.framed.port=" + (engine.sockets() ? 0 : 7),
                        "iocp.servers.framed.address=127.0.0.1",
                        "iocp.concurrency=2");
        for (String each : framing) {
            runner = runner.withPropertyValues(FRAMING + each);
        }
        return runner;
    }

    static TcpServer server(ApplicationContext context) {
        return requireNonNull(context.getBean(TcpServers.class).server("framed"));
    }

    static Peer connect(ApplicationContext context, TestEngine engine) throws IOException {
        InetSocketAddress address = requireNonNull(server(context).localAddress());
        if (!engine.sockets()) {
            return Peer.of(context.getBean(SimulatedNetwork.class).connect(address));
        }
        Socket socket = new Socket();
        socket.connect(address, 20_000);
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        return Peer.of(socket);
    }

    /** Sends these bytes in pieces of many sizes. */
    static void sendInPieces(Peer peer, byte[] bytes, Random random) throws IOException {
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextInt(5) == 0 ? 9000 : 40));
            peer.output().write(bytes, at, length);
            at += length;
        }
    }

    static void send(Peer peer, String text) throws IOException {
        peer.output().write(text.getBytes(UTF_8));
    }

    static String receive(Peer peer, int bytes) throws IOException {
        return new String(peer.input().readNBytes(bytes), UTF_8);
    }

    static String receiveAll(Peer peer) throws IOException {
        return new String(peer.input().readAllBytes(), UTF_8);
    }

    static void awaitClosed(ApplicationContext context, CloseReason reason) {
        await().until(() -> server(context).closed(reason) == 1);
    }

    private FramedApplication() {}
}
