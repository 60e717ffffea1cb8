package io.iocp.engine.tls;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import io.iocp.operation.TlsSettings;
import io.iocp.tls.TlsSession;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One connection with TLS: performs the operations of plain text that the shard submits with receives and sends of cipher text,
 * which the engine performs. First a {@link TlsHandshake} has both directions, then they go on as {@link TlsInput} and {@link
 * TlsOutput}.
 *
 * <p>Thread: shard holder. Next: {@link TlsSession}.
 */
final class TlsConnection {
    /*
     * Ownership. The shard has submitted at most one operation of each direction, as to any engine; a handshake is one of
     * both. For each of them, and for nothing else but what this floor has to send itself, the engine has at most one
     * request of that direction. An operation is reported when the engine has nothing of it, exactly once, because it leaves
     * its direction for that. From a submit or a cancel nothing is reported: it is put off to the next turn.
     *
     * What is sent without an operation (the answer to an update of keys, a close_notify) is the floor's own: the sink is
     * told that the endpoint is busy, and then that it is quiet, so that nothing is closed under the kernel.
     *
     * Any report may lead to the end of this connection, within the call: after one only what looks at the fields anew may
     * follow.
     *
     * The engine (SSLEngine) is released by whoever is the last to use it: the connection's end, or the task that runs then. Both
     * swap `use`, so one of the two finds the other gone; the task does not need the shard for that, which may have ended.
     */
    private enum Use {
        /** By the holder alone. */
        HELD,
        /** Its tasks run. */
        COMPUTING,
        /** By nobody, or by tasks that run on. */
        GONE
    }

    private static final Logger LOG = System.getLogger(TlsConnection.class.getName());

    private final AtomicReference<Use> use = new AtomicReference<>(Use.HELD);
    private final TlsLoop loop;
    private final Endpoint endpoint;
    private final TlsSettings settings;
    private final TlsInput input;
    private final TlsOutput output;

    /** Null once it is over. */
    private @Nullable TlsHandshake handshake;

    /** Null before there is one, and after the end. */
    private @Nullable TlsSession session;

    private @Nullable SSLException failure;
    private boolean closing;
    private boolean disposed;

    /** The engine's tasks run on another thread. */
    private boolean tasksRun;

    /** It waits to be served. */
    private boolean put;

    private TlsConnection(TlsLoop loop, Endpoint endpoint, Handshake operation) {
        this.loop = loop;
        this.endpoint = endpoint;
        this.settings = operation.settings();
        this.input = new TlsInput(this);
        this.output = new TlsOutput(this);
        this.handshake = new TlsHandshake(this, operation, input, output);
    }

    static void begin(TlsLoop loop, Handshake operation) {
        Endpoint endpoint = Objects.requireNonNull(operation.endpoint);
        TlsConnection connection = new TlsConnection(loop, endpoint, operation);
        endpoint.tls(connection);
        ByteBuffer unread = endpoint.unread;
        if (unread != null && connection.handshake != null) {
            endpoint.unread = null;
            connection.input.countWire(unread.remaining());
            connection.handshake.begunBy(unread);
        }
        connection.later();
    }

    // ---- for its parts

    TlsLoop loop() {
        return loop;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    TlsSettings settings() {
        return settings;
    }

    @Nullable
    TlsHandshake handshake() {
        return handshake;
    }

    /** Whether plain text can be sent and received. */
    boolean isEstablished() {
        return handshake == null && session != null && session.isEstablished();
    }

    @Nullable
    TlsSession session() {
        return session;
    }

    void session(TlsSession begun) {
        session = begun;
    }

    /** Why nothing can be received or sent any more. */
    @Nullable
    SSLException failure() {
        return failure;
    }

    boolean isClosing() {
        return closing;
    }

    /** The session is of no use any more. The peer is told if that can be done at once. */
    void fail(SSLException e) {
        failure = e;
        input.end(Status.TLS_ERROR, 0);
        output.lastRecords();
        output.end(Status.TLS_ERROR, 0);
    }

    /** Nothing can be sent any more, because a record was cut in two. */
    void cut(SSLException e) {
        if (failure == null) {
            failure = e;
        }
        output.end(Status.TLS_ERROR, 0);
    }

    /** The handshake is over. */
    void handshakeEnded(Status status) {
        handshake = null;
        if (status != Status.OK) {
            if (failure == null) {
                failure = new SSLException("the handshake did not come to its end (" + status + ")");
            }
            input.end(Status.TLS_ERROR, 0);
            output.end(Status.TLS_ERROR, 0);
        }
    }

    /** Runs what the engine has to compute on another thread, and is served when that is done. */
    void runTasks(TlsHandshake of, Runnable tasks) {
        tasksRun = true;
        SSLEngine engine = Objects.requireNonNull(session).engine();
        use.set(Use.COMPUTING);
        Throwable[] thrown = new Throwable[1];
        loop.runElsewhere(
                () -> {
                    try {
                        tasks.run();
                    } catch (Throwable e) {
                        thrown[0] = e; // of a trust manager, for one: it ends this handshake and nothing else
                    }
                    if (!use.compareAndSet(Use.COMPUTING, Use.HELD)) {
                        release(engine);
                    }
                },
                () -> {
                    tasksRun = false;
                    if (!disposed) {
                        of.tasksDone(thrown[0]);
                        later();
                    }
                });
    }

    boolean tasksRun() {
        return tasksRun;
    }

    /** The receive that waits is not to wait for the peer. */
    void endInput() {
        input.cancelRequest();
    }

    void outputGoesOn() {
        output.goOn();
    }

    /** Has what there is to go on with done in the next turn. */
    void later() {
        if (!put) {
            put = true;
            loop.later(this);
        }
    }

    void serve() {
        put = false;
        if (disposed) {
            return;
        }
        if (handshake != null) {
            handshake.goOn();
        } else {
            input.goOn();
            output.goOn();
        }
    }

    static SSLException asSsl(Throwable e) {
        if (e instanceof SSLException ssl) {
            return ssl;
        }
        return new SSLException("the TLS engine failed: " + e, e);
    }

    // ---- from the shard

    void submit(Operation operation) {
        switch (operation) {
            case Receive _, ReceiveContinuously _ -> input.submit(operation);
            case Send send -> output.submit(send);
            default -> throw new IllegalArgumentException("not for a secure connection: " + operation.kind());
        }
    }

    @Nullable
    Status attempt(Receive receive) {
        return input.attempt(receive);
    }

    int available() {
        return session == null ? 0 : session.plainBytes();
    }

    void cancel(Operation operation) {
        if (operation instanceof Handshake) {
            if (handshake != null) {
                handshake.cancel();
            }
        } else if (!input.cancel(operation)) {
            output.cancel(operation);
        }
    }

    /** The output is to end: with a close_notify, if there can be one. The shard has no send here. */
    void endOutput() {
        output.endBehind();
    }

    /** The connection is about to be closed: with a close_notify, if it can be sent at once. */
    void closing() {
        closing = true;
        output.closing();
    }

    /** The peer is to see a reset: what the floor itself is sending is not waited for. */
    void aborting() {
        closing = true;
        output.giveUp();
    }

    /** What the floor itself is sending is not waited for, and it begins nothing new: the shard ends. */
    void giveUp() {
        closing = true;
        output.giveUp();
    }

    /** The connection has gone. */
    void dispose() {
        TlsSession of = session;
        if (of != null) {
            of.close();
        }
        ended();
    }

    /** As {@link #dispose}, and the shard has too. Thread: any, the last one. */
    void disposeAfterAll() {
        TlsSession of = session;
        if (of != null) {
            of.closeAfterAll();
        }
        ended();
    }

    private void ended() {
        disposed = true;
        TlsSession of = session;
        session = null;
        if (of != null && use.getAndSet(Use.GONE) != Use.COMPUTING) {
            release(of.engine()); // else the tasks do when they are done: they use it
        }
    }

    private void release(SSLEngine engine) {
        try {
            settings.release(engine);
        } catch (RuntimeException | Error e) {
            // The descriptor is to be closed all the same.
            LOG.log(Level.ERROR, "an engine of TLS could not be released", e);
        }
    }

    // ---- from the engine

    void completed(Operation operation, Status status, long bytes, int nativeError) {
        if (output.isOwn(operation)) {
            output.sent(status, bytes, nativeError);
        } else {
            input.completed(operation, status, nativeError);
        }
    }

    void received(ReceiveContinuously receive, LeasedBuffer buffer) {
        input.received(receive, buffer);
        output.goOn();
    }
}
