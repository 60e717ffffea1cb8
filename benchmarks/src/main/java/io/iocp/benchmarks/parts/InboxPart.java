package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.operation.ListenOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A post to a handle: by the worker of its shard, which runs it next, and by other threads, through the shard's inbox. */
@State(Scope.Benchmark)
public class InboxPart {
    private final OverlappedIO packet = new OverlappedIO();
    private final Laps laps = new Laps();

    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort port;

    @SuppressWarnings("NullAway.Init") // by open()
    private Listener handle;

    @SuppressWarnings("NullAway.Init") // by open()
    private Listener handleOfNobody;

    @Setup
    public void open() throws IOException {
        port = Ports.openWithHandlersOfHandles();
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        handle = port.openListener(any, ListenOptions.defaults());
        port.associate(handle, "key", this::again);
        handleOfNobody = port.openListener(any, ListenOptions.defaults());
        port.associate(handleOfNobody, "key", _ -> {});
    }

    @TearDown
    public void close() {
        port.close();
    }

    private void again(OverlappedIO taken) throws IOException {
        if (laps.goOn()) {
            handle.post(taken, 0);
        }
    }

    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void byWorkerOfShard() throws Exception {
        laps.run(() -> handle.post(packet, 0));
    }

    @Benchmark
    public void byOtherThread(PostPart.Packets packets) throws IOException {
        handleOfNobody.post(packets.next(), 0);
    }
}
