package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.operation.Status;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Posts a packet and takes it again on the same thread: no other thread is asked for anything. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PostPart {
    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort port;

    private final OverlappedIO packet = new OverlappedIO();

    @Setup
    public void open() throws IOException {
        port = CompletionPort.open(
                PortOptions.defaults().engine(EngineChoice.NIO).concurrency(1));
    }

    @TearDown
    public void close() {
        port.close();
    }

    @Benchmark
    public Object postAndTake() throws InterruptedException {
        port.post(packet, "key", 0, Status.OK);
        return port.take();
    }
}
