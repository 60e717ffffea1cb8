package io.iocp.engine.tls;

import io.iocp.engine.EngineLoop;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import io.iocp.tls.TlsSession;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What is received on a secure connection: plain text for the shard's receives, from what is here already or from cipher text that
 * is asked for.
 *
 * <p>Thread: shard holder.
 */
final class TlsInput {
    /*
     * A single receive is performed with requests of this floor's own, into the engine's buffers, so that who waits holds
     * none; a continuous one goes to the engine as it is, and what it brings comes by here. A receive that is cancelled
     * leaves what came meanwhile with the session, for the next one.
     */
    private final TlsConnection connection;

    /** What the shard has submitted. */
    private @Nullable Operation reading;

    private boolean cancelled;

    /** The engine has a request: {@link #incoming}, or the continuous receive. */
    private boolean receiving;

    /** Made when it is first needed. */
    private @Nullable Receive incoming;

    /** How everything ends from now on, behind the plain text that there is; null while it goes on. */
    private @Nullable Status end;

    private int endError;

    /** Bytes of cipher text that no operation has counted yet. */
    private long wireBytes;

    TlsInput(TlsConnection connection) {
        this.connection = connection;
    }

    boolean isReceiving() {
        return receiving;
    }

    /** Cipher text that came before this was here. */
    void countWire(int bytes) {
        wireBytes += bytes;
    }

    long takeWireBytes() {
        long taken = wireBytes;
        wireBytes = 0;
        return taken;
    }

    /** Everything ends so from now on, unless it does already. */
    void end(Status status, int nativeError) {
        if (end == null || status == Status.TLS_ERROR) {
            end = status;
            endError = nativeError;
        }
    }

    /** The peer may have said that nothing more comes. */
    void noteEnd(TlsSession session) {
        if (session.inputEnded()) {
            end(Status.EOF, 0);
        }
    }

    private int plainBytes() {
        return connection.available();
    }

    private EngineLoop engine() {
        return connection.loop().engine();
    }

    // ---- from the shard

    /** @param receive a single receive or a continuous one */
    void submit(Operation receive) {
        reading = receive;
        cancelled = false;
        if (receive instanceof ReceiveContinuously) {
            incoming = null; // the handshake's, with the engine no more: whoever receives like this needs none
        }
        if (end != null || plainBytes() > 0) {
            connection.later();
        } else {
            requestFor(receive);
        }
    }

    /** A receive that need not wait: from what is here already. */
    @Nullable
    Status attempt(Receive receive) {
        if (reading != null || !connection.isEstablished()) {
            return null;
        }
        if (plainBytes() > 0) {
            receive.bytes = take(receive);
            return Status.OK;
        }
        if (end != Status.EOF) {
            return null;
        }
        return receive.isReadable() ? Status.OK : Status.EOF;
    }

    /** False if it is no operation of the input. */
    boolean cancel(Operation operation) {
        if (!operation.equals(reading)) {
            return false;
        }
        cancelled = true;
        cancelRequest();
        connection.later();
        return true;
    }

    // ---- to the engine

    private void requestFor(Operation receive) {
        if (receive instanceof ReceiveContinuously) {
            receiving = true;
            engine().submit(receive);
        } else {
            request();
        }
    }

    /** Asks for cipher text. */
    void request() {
        Receive raw = incoming;
        if (raw == null) {
            raw = new Receive(this);
            incoming = raw;
        }
        raw.intoEngineBuffer();
        raw.beginBelow(connection.endpoint());
        receiving = true;
        engine().submit(raw);
    }

    void cancelRequest() {
        if (receiving) {
            engine().cancel(
                            reading instanceof ReceiveContinuously receive
                                    ? receive
                                    : Objects.requireNonNull(incoming));
        }
    }

    // ---- from the engine

    /** Cipher text for a continuous receive. */
    void received(ReceiveContinuously receive, LeasedBuffer buffer) {
        decrypt(buffer);
        deliver(receive);
        if (end != null) {
            engine().cancel(receive); // its completion says how it has ended
        }
    }

    /** It is done with a request. */
    void completed(Operation operation, Status status, int nativeError) {
        receiving = false;
        LeasedBuffer buffer = null;
        if (operation.equals(incoming)) { // the lease of a continuous receive is that of a packet of the shard's
            buffer = operation.lease;
            operation.lease = null;
        }
        TlsHandshake handshake = connection.handshake();
        if (handshake != null) {
            wireBytes += buffer == null ? 0 : buffer.length();
            handshake.received(buffer, status, nativeError);
            return;
        }
        if (buffer != null) {
            decrypt(buffer);
        } else if (end == null) {
            ended(operation, status, nativeError);
        }
        goOn();
        connection.outputGoesOn();
    }

    /** A request has brought nothing. */
    private void ended(Operation operation, Status status, int nativeError) {
        if (status == Status.EOF) {
            streamEnded();
        } else if (operation instanceof ReceiveContinuously) {
            report(status, 0, nativeError);
        } else if (status == Status.RESOURCE_LIMIT || status == Status.FAULT) {
            report(status, 0, nativeError); // which passes
        } else if (status != Status.OK && status != Status.CANCELLED) {
            end(status, nativeError);
        }
    }

    /** Takes cipher text. If it is not what it should be there is nothing more to be received, ever. */
    private void decrypt(LeasedBuffer buffer) {
        wireBytes += buffer.length();
        try {
            if (end == null) {
                TlsSession session = Objects.requireNonNull(connection.session());
                session.received(buffer.data());
                noteEnd(session);
            }
        } catch (SSLException | RuntimeException | Error e) {
            connection.fail(TlsConnection.asSsl(e));
        } finally {
            buffer.release();
        }
    }

    private void streamEnded() {
        if (connection.settings().isTruncationAllowed()) {
            end(Status.EOF, 0);
        } else {
            connection.fail(
                    new SSLException("the peer's stream has ended without a close_notify: it was cut off, by the"
                            + " peer or by somebody on the way; allow truncation if this peer always ends so"));
        }
    }

    // ---- to the shard

    /** Serves the receive that waits, or asks for more. */
    void goOn() {
        Operation of = reading;
        if (of == null || receiving) {
            return;
        }
        if (of instanceof ReceiveContinuously receive) {
            deliver(receive);
        } else if (plainBytes() > 0) {
            report(Status.OK, take((Receive) of), 0);
            return;
        }
        if (end != null) {
            report(end, 0, endError);
        } else if (cancelled) {
            report(Status.CANCELLED, 0, 0);
        } else {
            requestFor(of);
        }
    }

    private void deliver(ReceiveContinuously receive) {
        TlsSession session = Objects.requireNonNull(connection.session());
        receive.addWireBytes(takeWireBytes());
        for (LeasedBuffer text = session.takePlain(); text != null; text = session.takePlain()) {
            connection.loop().sink().received(receive, text);
        }
    }

    /** Gives a receive what it wants of the plain text that there is. */
    private long take(Receive receive) {
        TlsSession session = Objects.requireNonNull(connection.session());
        receive.addWireBytes(takeWireBytes());
        MemorySegment memory = receive.memory;
        if (memory != null) {
            return memory.byteSize() == 0 ? 0 : session.takePlain(memory);
        }
        LeasedBuffer text = Objects.requireNonNull(session.takePlain());
        receive.lease = text;
        return text.length();
    }

    private void report(Status status, long bytes, int nativeError) {
        Operation of = Objects.requireNonNull(reading);
        reading = null;
        cancelled = false;
        boolean readable = of instanceof Receive receive && receive.isReadable();
        if (status == Status.TLS_ERROR) {
            of.cause(connection.failure());
        }
        // At the end of the stream the next receive does not wait.
        connection
                .loop()
                .sink()
                .completed(of, readable && status == Status.EOF ? Status.OK : status, bytes, nativeError);
    }
}
