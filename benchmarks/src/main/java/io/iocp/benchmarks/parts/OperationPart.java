package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.FileHandle;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** From the start of an operation to its handler, which starts the next one: one under way at a time, by one worker. */
@State(Scope.Benchmark)
public class OperationPart {
    private static final int BLOCK_BYTES = 4096;
    private static final int MESSAGE_BYTES = 64;

    private final Laps laps = new Laps();
    private final OverlappedIO send = new OverlappedIO();
    private final OverlappedIO receive = new OverlappedIO();
    private final OverlappedIO read = new OverlappedIO();

    @SuppressWarnings("NullAway.Init") // by open()
    private CompletionPort port;

    @SuppressWarnings("NullAway.Init") // by open()
    private Path path;

    @SuppressWarnings("NullAway.Init") // by open()
    private FileHandle file;

    @SuppressWarnings("NullAway.Init") // by open()
    private Connection here;

    @SuppressWarnings("NullAway.Init") // by open()
    private Connection there;

    @SuppressWarnings("NullAway.Init") // by open()
    private LeasedBuffer block;

    @SuppressWarnings("NullAway.Init") // by open()
    private LeasedBuffer into;

    private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
    private volatile boolean failed;

    @Setup
    public void open() throws Exception {
        port = Ports.openWithHandlersOfHandles();
        path = Files.createTempFile("part", null);
        Files.write(path, new byte[BLOCK_BYTES]);
        file = port.openFile(path);
        port.associate(file, "file", this::hasRead);
        block = port.buffers().lease(BLOCK_BYTES);
        into = port.buffers().lease(MESSAGE_BYTES);
        connect();
    }

    private void connect() throws Exception {
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        CompletableFuture<Status> connected = new CompletableFuture<>();
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        Listener listener = port.openListener(any, ListenOptions.defaults());
        port.associate(listener, "listener", packet -> accepted.complete(packet.accepted()));
        listener.accept(new OverlappedIO());
        here = port.openConnection(ConnectionOptions.defaults());
        port.associate(here, "here", packet -> {
            if (packet.kind() == OperationKind.CONNECT) {
                connected.complete(packet.status());
            } else {
                check(packet);
            }
        });
        here.connect(new OverlappedIO(), ConnectRequest.to(listener.localAddress()));
        if (connected.get() != Status.OK) {
            throw new IOException("not connected: " + connected.get());
        }
        there = accepted.get();
        port.associate(there, "there", this::hasReceived);
    }

    @TearDown
    public void close() throws IOException {
        if (failed) {
            throw new IOException("an operation has failed");
        }
        port.close();
        Files.delete(path);
    }

    private void check(OverlappedIO packet) {
        failed |= packet.status() != Status.OK;
    }

    private void hasRead(OverlappedIO packet) throws IOException {
        check(packet);
        if (laps.goOn()) {
            startRead();
        }
    }

    private void startRead() throws IOException {
        block.length(BLOCK_BYTES);
        file.read(read, block, 0);
    }

    private void hasReceived(OverlappedIO packet) throws IOException {
        check(packet);
        if (laps.goOn()) {
            exchange();
        }
    }

    private void exchange() throws IOException {
        there.receive(receive, into.segment());
        here.send(send, message.clear());
    }

    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void cachedReadOf4KiB() throws Exception {
        laps.run(this::startRead);
    }

    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void sendAndReceive64Bytes() throws Exception {
        laps.run(this::exchange);
    }
}
