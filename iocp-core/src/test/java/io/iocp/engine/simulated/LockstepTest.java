package io.iocp.engine.simulated;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.BlockingDetection;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers and ports that take turns: the seed makes the run, and time costs none. */
@Timeout(60)
class LockstepTest {
    private static final Duration LONG = Duration.ofHours(1);

    @RepeatedTest(20)
    void shouldMakeTheSameRunOfTheSameSeed() throws Exception {
        assertThat(run(4711)).isEqualTo(run(4711));
    }

    @Test
    void shouldMakeAnotherRunOfAnotherSeed() throws Exception {
        assertThat(run(1)).isNotEqualTo(run(2));
    }

    /** What the handler was told, piece by piece: each of those pieces is drawn. */
    private static List<String> run(long seed) throws Exception {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        SimulatedNetwork network =
                SimulatedNetwork.of(seed, Faults.all()).window(64).takingTurns();
        try (Echo echo = new Echo(network, told)) {
            for (int i = 0; i < 10; i++) {
                SimulatedPeer peer = network.connect(echo.address());
                try {
                    for (int j = 0; j < 5; j++) {
                        peer.output().write("0123456789abcdefghijklmnopqrstuvwxyz".getBytes(US_ASCII));
                        told.add("peer read " + new String(peer.input().readNBytes(36), US_ASCII));
                    }
                } catch (IOException e) {
                    told.add("peer saw " + e.getMessage());
                }
                peer.close();
            }
        }
        return told;
    }

    @Test
    void shouldLetTimePassAtOnceWhileAPeerWaits() throws Exception {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        SimulatedNetwork network = SimulatedNetwork.of(1, Faults.timing()).takingTurns();
        long begin = System.nanoTime();
        try (Echo echo = new Echo(network, told)) {
            SimulatedPeer peer = network.connect(echo.address());
            peer.output().write("hello".getBytes(US_ASCII));
            assertThat(new String(peer.input().readNBytes(5), US_ASCII)).isEqualTo("hello");
            byte[] one = new byte[1];
            long less = LONG.minusMinutes(1).toNanos();
            assertThatThrownBy(() -> peer.read(one, 0, 1, less)).isInstanceOf(SocketTimeoutException.class);
            assertThat(peer.read(one, 0, 1, 2 * less))
                    .as("the idle timeout closes it")
                    .isEqualTo(-1);
        }
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(30));
        assertThat(told).anyMatch(line -> line.contains("TIMEOUT") || line.contains("TIMED_OUT"));
    }

    /** Sends back what it gets, and notes each packet. */
    private static final class Echo implements AutoCloseable {
        private final CompletionPort port;
        private final Listener listener;

        Echo(SimulatedNetwork network, List<String> told) throws IOException {
            CompletionPort[] self = new CompletionPort[1];
            PortOptions options = PortOptions.defaults()
                    .name("echo")
                    .concurrency(1)
                    .blockingDetection(BlockingDetection.OFF)
                    .closeHandles(true)
                    .simulated(network);
            port = CompletionPort.open(options, packet -> {
                told.add(packet.kind() + " " + packet.status() + " " + packet.bytesTransferred());
                if (packet.kind() == OperationKind.ACCEPT && packet.status() == Status.OK) {
                    Connection accepted = packet.accepted();
                    self[0].associate(accepted, "connection");
                    accepted.idleTimeout(LONG);
                    accepted.receiveContinuously(new OverlappedIO());
                } else if (packet.kind() == OperationKind.RECEIVE && packet.status() == Status.OK) {
                    packet.connection().send(new OverlappedIO(), packet.data());
                } else if (packet.kind() == OperationKind.RECEIVE && !packet.more()) {
                    packet.connection().close();
                }
            });
            self[0] = port;
            listener = port.listen(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ListenOptions.defaults(), "listener");
            listener.acceptContinuously(new OverlappedIO());
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listener.localAddress();
        }

        @Override
        public void close() {
            port.close();
        }
    }
}
