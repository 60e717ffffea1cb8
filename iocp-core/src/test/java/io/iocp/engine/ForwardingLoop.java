package io.iocp.engine;

import io.iocp.operation.Endpoint;
import io.iocp.operation.FileSource;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Passes everything on to another loop: a test overrides what it wants to go wrong. */
public class ForwardingLoop implements EngineLoop {
    private final EngineLoop real;

    public ForwardingLoop(EngineLoop real) {
        this.real = real;
    }

    @Override
    public void hold(int worker) {
        real.hold(worker);
    }

    @Override
    public void adoptAll() {
        real.adoptAll();
    }

    @Override
    public int held(int worker) {
        return real.held(worker);
    }

    @Override
    public void submit(Operation operation) {
        real.submit(operation);
    }

    @Override
    @Nullable
    public Status attempt(Operation operation) {
        return real.attempt(operation);
    }

    @Override
    public int readNow(FileSource source, MemorySegment into, long offset) {
        return real.readNow(source, into, offset);
    }

    @Override
    public boolean sendsFrom(Endpoint connection, FileSource source) {
        return real.sendsFrom(connection, source);
    }

    @Override
    public void cancel(Operation operation) {
        real.cancel(operation);
    }

    @Override
    public int available(Endpoint endpoint) {
        return real.available(endpoint);
    }

    @Override
    public int turn(long timeoutNanos) {
        return real.turn(timeoutNanos);
    }

    @Override
    public void wakeup() {
        real.wakeup();
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        real.recycle(buffer);
    }

    @Override
    public void shutdown(Endpoint endpoint) {
        real.shutdown(endpoint);
    }

    @Override
    public void shutdownOutput(Endpoint endpoint) {
        real.shutdownOutput(endpoint);
    }

    @Override
    public void abort(Endpoint endpoint) {
        real.abort(endpoint);
    }

    @Override
    public void detach(Endpoint endpoint) {
        real.detach(endpoint);
    }

    @Override
    public void install(Endpoint into, Endpoint from) {
        real.install(into, from);
    }

    @Override
    public void closeDescriptor(Endpoint endpoint) {
        real.closeDescriptor(endpoint);
    }

    @Override
    public void close() {
        real.close();
    }

    @Override
    public long receiveMemoryBytes() {
        return real.receiveMemoryBytes();
    }

    @Override
    public long ringMemoryBytes() {
        return real.ringMemoryBytes();
    }
}
