package io.iocp.engine.simulated;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.ListenOptions;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Opens endpoints and loops on a {@link SimulatedNetwork}. Thread: any. */
public final class SimulatedEngine implements Engine {
    private static final EngineCapabilities CAPABILITIES =
            new EngineCapabilities("simulated", true, true, true, false, true, false);

    private final SimulatedNetwork network;
    private final Supplier<Requests> tables;

    public SimulatedEngine(SimulatedNetwork network) {
        this(network, Requests::new);
    }

    /** @param tables where each loop keeps its requests */
    SimulatedEngine(SimulatedNetwork network, Supplier<Requests> tables) {
        this.network = network;
        this.tables = tables;
    }

    @Override
    public EngineCapabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public Endpoint listen(SocketAddress address, ListenOptions options) throws IOException {
        return network.listen(address, options);
    }

    @Override
    public Endpoint openDatagram(SocketAddress local, DatagramOptions options) throws IOException {
        return network.datagrams().open(local, options);
    }

    @Override
    public Endpoint openFile(Path path, FileAccess access) throws IOException {
        return SimulatedFile.open(path, access);
    }

    @Override
    public long sizeOf(Endpoint file) throws IOException {
        return ((SimulatedFile) file).channels.size();
    }

    @Override
    public Endpoint openConnection(ConnectionOptions options) {
        return new SimulatedConnection(options);
    }

    @Override
    public void closeUnassociated(Endpoint endpoint) {
        network.close((SimulatedEndpoint) endpoint);
    }

    @Override
    public EngineLoop openLoop(LoopOptions options, CompletionSink sink) {
        return new SimulatedLoop(network, options, sink, tables.get());
    }

    @Override
    public long nanoTime() {
        return network.nanoTime();
    }
}
