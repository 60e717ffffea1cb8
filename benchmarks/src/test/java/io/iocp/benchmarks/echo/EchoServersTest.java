package io.iocp.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each echo server in its own process, as in a measurement, sends back any bytes unchanged and in order. */
class EchoServersTest {
    private static final List<String> START_QUICKLY = List.of("-XX:TieredStopAtLevel=1");
    private static final int CONNECTIONS = 3;
    private static final int PIECES = 20;
    private static final int LARGEST = 10_000;
    private static final int PIPELINED = 32;
    private static final int BURSTS = 5;
    private static final int PATIENCE_MILLIS = 30_000;

    /** Of the servers that are told how long a message is. */
    private static final int MESSAGE = 64;

    static Stream<Candidate> serversOfAnyBytes() {
        return Stream.of(
                candidate(PortEchoServer.class, "engine=nio", "marks=false"),
                candidate(NettyEchoServer.class, "transport=nio", "marks=false"),
                candidate(VirtualThreadEchoServer.class, "marks=false"),
                candidate(AsynchronousChannelEchoServer.class),
                candidate(AsynchronousChannelEchoServer.class, "threads=2"),
                candidate(ReactorNettyEchoServer.class, "transport=nio", "loops=2"),
                candidate(ReactorNettyEchoServer.class, "transport=epoll", "metrics=true"),
                candidate(SpringIntegrationEchoServer.class, "style=nio", "handler=gateway", "metrics=true"),
                candidate(SpringIntegrationEchoServer.class, "style=net", "handler=listener"));
    }

    static Stream<Candidate> serversOfMessages() {
        return Stream.of(
                candidate(SpringIntegrationEchoServer.class, "style=nio", "handler=listener", "bytes=" + MESSAGE),
                candidate(SpringIntegrationEchoServer.class, "style=net", "virtual=false", "bytes=" + MESSAGE));
    }

    private static Candidate candidate(Class<?> program, String... arguments) {
        return Candidate.java(program.getSimpleName() + List.of(arguments), program, arguments);
    }

    @ParameterizedTest
    @MethodSource("serversOfAnyBytes")
    void shouldSendBackAnyBytes(Candidate candidate) throws Exception {
        onEachConnection(candidate, connection -> {
            Random random = new Random(connection.getLocalPort());
            for (int i = 0; i < PIECES; i++) {
                assertEchoed(connection, bytes(random, 1 + random.nextInt(LARGEST)), 1);
            }
            assertBurstsEchoed(connection, random);
        });
    }

    @ParameterizedTest
    @MethodSource("serversOfMessages")
    void shouldSendBackMessages(Candidate candidate) throws Exception {
        onEachConnection(candidate, connection -> {
            Random random = new Random(connection.getLocalPort());
            for (int i = 0; i < PIECES; i++) {
                assertEchoed(connection, bytes(random, MESSAGE), 1);
            }
            assertBurstsEchoed(connection, random);
        });
    }

    private static void assertBurstsEchoed(Socket connection, Random random) throws IOException {
        for (int i = 0; i < BURSTS; i++) {
            assertEchoed(connection, bytes(random, PIPELINED * MESSAGE), PIPELINED);
        }
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** @param writes that the bytes are sent in, without waiting for answers */
    private static void assertEchoed(Socket connection, byte[] bytes, int writes) throws IOException {
        OutputStream out = connection.getOutputStream();
        int each = bytes.length / writes;
        for (int i = 0; i < writes; i++) {
            out.write(bytes, i * each, each);
        }
        InputStream in = connection.getInputStream();
        assertThat(in.readNBytes(bytes.length)).isEqualTo(bytes);
    }

    private static void onEachConnection(Candidate candidate, Exchange exchange) throws Exception {
        try (ServerProcess server = ServerProcess.start(candidate, "", START_QUICKLY);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                done.add(clients.submit(() -> exchange(server.address(), exchange)));
            }
            for (Future<?> each : done) {
                each.get();
            }
        }
    }

    private static Void exchange(InetSocketAddress server, Exchange exchange) throws IOException {
        try (Socket connection = new Socket()) {
            connection.setSoTimeout(PATIENCE_MILLIS);
            connection.setTcpNoDelay(true);
            connection.connect(server);
            exchange.on(connection);
        }
        return null;
    }

    private interface Exchange {
        void on(Socket connection) throws IOException;
    }
}
