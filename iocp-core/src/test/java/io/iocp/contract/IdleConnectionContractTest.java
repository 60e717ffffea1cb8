package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.junit.jupiter.api.DisplayName;

/** What a connection that has said something and is idle keeps on the heap: as much as its objects have fields for. */
class IdleConnectionContractTest {
    private static final int CONNECTIONS = 200;

    /**
     * Bytes of the library's own classes, of which there are about 650 (in use are the connection, its endpoint with two
     * directions, a packet and an operation to receive and one to send, and the engine's request). One object more is noticed; so
     * is a field that makes several larger.
     */
    private static final int MOST_BYTES = 700;

    private static final Pattern LINE = Pattern.compile(" *\\d+: +\\d+ +(\\d+) +(\\[L)?io\\.iocp\\.(\\S+).*");

    /** Accepts, and sends back what comes. */
    private static final class Echo implements CompletionHandler {
        @Override
        public void completed(OverlappedIO packet) throws Exception {
            if (packet.status() != Status.OK) {
                return;
            }
            switch (packet.kind()) {
                case ACCEPT -> {
                    Connection connection = packet.accepted();
                    connection.port().associate(connection, null);
                    connection.receiveContinuously(new OverlappedIO());
                }
                case RECEIVE -> packet.connection().send(new OverlappedIO(), packet.retain());
                default -> {}
            }
        }
    }

    /** Bytes of reachable objects of the library, after a collection. */
    private static long bytes() throws Exception {
        Object histogram = ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {null},
                        new String[] {String[].class.getName()});
        return histogram
                .toString()
                .lines()
                .map(LINE::matcher)
                .filter(Matcher::matches)
                .filter(line ->
                        !line.group(3).startsWith("contract.") && !line.group(3).startsWith("Peer"))
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .sum();
    }

    private static void connectAndExchange(PortFixture fixture, Listener listener) throws IOException {
        for (int i = 0; i < CONNECTIONS; i++) {
            Peer peer = fixture.connect(listener);
            peer.output().write('x');
            assertThat(peer.input().read()).isEqualTo('x');
        }
    }

    @EachEngine
    @DisplayName("an idle connection that has received and sent keeps few bytes on the heap")
    void shouldKeepLittle(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options(), new Echo())) {
            Listener listener = fixture.listen(port, null);
            listener.acceptContinuously(new OverlappedIO());
            connectAndExchange(fixture, listener); // tables and buffers grow with them
            long before = bytes();
            connectAndExchange(fixture, listener);
            long after = bytes();
            assertThat((after - before) / CONNECTIONS)
                    .as("bytes of the library's objects for each connection")
                    .isBetween(300L, (long) MOST_BYTES);
        }
    }
}
