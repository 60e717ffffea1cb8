package io.iocp.engine;

import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.ListenOptions;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Passes everything on to another engine, whose loops a test wraps. */
public final class ForwardingEngine implements Engine {
    private final Engine real;
    private final UnaryOperator<EngineLoop> wrapping;

    public ForwardingEngine(Engine real, UnaryOperator<EngineLoop> wrapping) {
        this.real = real;
        this.wrapping = wrapping;
    }

    @Override
    public EngineCapabilities capabilities() {
        return real.capabilities();
    }

    @Override
    public Endpoint listen(SocketAddress address, ListenOptions options) throws IOException {
        return real.listen(address, options);
    }

    @Override
    public Endpoint openDatagram(SocketAddress local, DatagramOptions options) throws IOException {
        return real.openDatagram(local, options);
    }

    @Override
    public Endpoint openFile(Path path, FileAccess access) throws IOException {
        return real.openFile(path, access);
    }

    @Override
    public long sizeOf(Endpoint file) throws IOException {
        return real.sizeOf(file);
    }

    @Override
    public Endpoint openConnection(ConnectionOptions options) {
        return real.openConnection(options);
    }

    @Override
    public void closeUnassociated(Endpoint endpoint) {
        real.closeUnassociated(endpoint);
    }

    @Override
    public EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException {
        return wrapping.apply(real.openLoop(options, sink));
    }

    @Override
    public long nanoTime() {
        return real.nanoTime();
    }
}
