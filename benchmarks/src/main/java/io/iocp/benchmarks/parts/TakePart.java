package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.Status;
import java.io.IOException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A packet is posted and taken by the same thread: one of the port's own, or one of the user's. */
@State(Scope.Benchmark)
public class TakePart {
    private final OverlappedIO packet = new OverlappedIO();
    private final Laps laps = new Laps();

    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort withHandler;

    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort withoutHandler;

    @Setup
    public void open() throws IOException {
        withHandler = Ports.open(this::again);
        withoutHandler = CompletionPort.open(Ports.options());
    }

    @TearDown
    public void close() {
        withHandler.close();
        withoutHandler.close();
    }

    private void again(OverlappedIO taken) {
        if (laps.goOn()) {
            withHandler.post(taken, "key", 0, Status.OK);
        }
    }

    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void postAndRunByWorker() throws Exception {
        laps.run(() -> withHandler.post(packet, "key", 0, Status.OK));
    }

    @Benchmark
    public Object postAndTakeByThread() throws InterruptedException {
        withoutHandler.post(packet, "key", 0, Status.OK);
        return withoutHandler.take();
    }
}
