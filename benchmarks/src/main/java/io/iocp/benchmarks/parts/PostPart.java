package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.Status;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/** Posts to a port whose worker does nothing with them. Each thread has {@value #TICKETS} packets under way at most. */
@State(Scope.Benchmark)
public class PostPart {
    private static final int TICKETS = 1024;
    private static final int SEVERAL = 4;
    private static final long PAUSE_NANOS = 20_000;

    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort port;

    /** The packets of one thread. */
    @State(Scope.Thread)
    public static class Packets {
        private final OverlappedIO[] packets = new OverlappedIO[TICKETS];
        private int next;

        public Packets() {
            for (int i = 0; i < packets.length; i++) {
                packets[i] = new OverlappedIO();
            }
        }

        OverlappedIO next() {
            next = (next + 1) % packets.length;
            OverlappedIO packet = packets[next];
            while (packet.isPending()) {
                LockSupport.parkNanos(this, PAUSE_NANOS); // the worker needs the processor
            }
            return packet;
        }
    }

    @Setup
    public void open() throws IOException {
        port = Ports.open(_ -> {});
    }

    @TearDown
    public void close() {
        port.close();
    }

    @Benchmark
    public void fromOneThread(Packets packets) {
        port.post(packets.next(), "key", 0, Status.OK);
    }

    @Benchmark
    @Threads(SEVERAL)
    public void fromFourThreads(Packets packets) {
        port.post(packets.next(), "key", 0, Status.OK);
    }
}
