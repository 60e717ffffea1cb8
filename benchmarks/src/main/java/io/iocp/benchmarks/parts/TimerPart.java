package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.Status;
import java.io.IOException;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Timers of a shard, as delayed posts show them; armed by a handler on the shard's own worker. */
@State(Scope.Benchmark)
public class TimerPart {
    private static final Duration FAR = Duration.ofHours(1);
    private static final Duration NEAR = Duration.ofMillis(1);

    private final Laps laps = new Laps();
    private final OverlappedIO first = new OverlappedIO();
    private final OverlappedIO[] packets = new OverlappedIO[Laps.EACH];

    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort port;

    @Setup
    public void open() throws IOException {
        port = Ports.open(this::completed);
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new OverlappedIO();
        }
    }

    @TearDown
    public void close() {
        port.close();
    }

    private void completed(OverlappedIO packet) {
        if (packet.status() == Status.TIMER_EXPIRED) {
            laps.goOn();
            return;
        }
        for (OverlappedIO each : packets) {
            if ("expire".equals(packet.key())) {
                port.postDelayed(each, "timer", NEAR, null);
            } else if (port.postDelayed(each, "timer", FAR, null).cancel()) {
                laps.goOn();
            } else {
                throw new IllegalStateException("an hour is over");
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void armAndCancel() throws Exception {
        laps.run(() -> port.post(first, "cancel", 0, Status.OK));
    }

    /** The millisecond that each waits is shared by all, and half a microsecond of the result. */
    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void armAndExpire() throws Exception {
        laps.run(() -> port.post(first, "expire", 0, Status.OK));
    }
}
