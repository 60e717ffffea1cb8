package io.iocp.engine.tls;

import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Security;
import io.iocp.operation.Status;
import io.iocp.operation.TlsSettings;
import io.iocp.tls.ClientHello;
import io.iocp.tls.TlsSession;
import java.nio.ByteBuffer;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * The handshake of a connection: sends, receives or computes, one at a time, whatever the session needs next.
 *
 * <p>Thread: shard holder.
 */
final class TlsHandshake {
    /*
     * Cancel. What the engine has is cancelled, and its completion ends the handshake; while the session computes there is
     * nothing to wait for, and the handshake ends in the next turn. The computation goes on, touches the session's engine
     * alone, and finds nobody when it is done.
     */

    /** Fatal alerts in a record of their own: for a client that there is no engine for. */
    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

    private static final byte[] INTERNAL_ERROR = {21, 3, 3, 0, 2, 2, 80};

    /** The name of it before there is one. */
    private static final String NO_CIPHER_SUITE = "SSL_NULL_WITH_NULL_NULL";

    private final TlsConnection connection;
    private final Handshake operation;
    private final TlsInput input;
    private final TlsOutput output;

    /** As a server, what the client has said first; null as long as it has said nothing. */
    private @Nullable ClientHello hello;

    /** What the client has asked for; null for nothing, and as a client. */
    private @Nullable String serverName;

    /** What the peer has sent of it before it was begun here; null for nothing, and once it is taken. */
    private @Nullable ByteBuffer before;

    private @Nullable Throwable taskFailure;
    private boolean cancelled;

    TlsHandshake(TlsConnection connection, Handshake operation, TlsInput input, TlsOutput output) {
        this.connection = connection;
        this.operation = operation;
        this.input = input;
        this.output = output;
    }

    /** The peer has begun it already, with these bytes. */
    void begunBy(ByteBuffer bytes) {
        before = bytes;
    }

    void cancel() {
        cancelled = true;
        input.cancelRequest();
        output.cancelRequest();
        connection.later();
    }

    void tasksDone(@Nullable Throwable thrown) {
        taskFailure = thrown;
    }

    /** Takes the next step, unless one is under way. */
    void goOn() {
        if (input.isReceiving() || output.isSending()) {
            return;
        }
        if (cancelled) {
            end(Status.CANCELLED, 0);
            return;
        }
        if (connection.tasksRun()) {
            return;
        }
        Throwable thrown = taskFailure;
        if (thrown != null) {
            fail(TlsConnection.asSsl(thrown));
            return;
        }
        try {
            TlsSession session = connection.session();
            if (session == null) {
                session = beginWithWhatIsThere();
            }
            if (session == null) {
                input.request();
            } else {
                goOn(session);
            }
        } catch (SSLException | RuntimeException | Error e) {
            fail(TlsConnection.asSsl(e));
        }
    }

    private @Nullable TlsSession beginWithWhatIsThere() throws SSLException {
        ByteBuffer bytes = before;
        before = null;
        if (bytes != null && !connection.settings().isClient()) {
            hello().add(bytes);
        }
        TlsSession session = begin();
        if (bytes != null && session != null && connection.settings().isClient()) {
            session.received(bytes);
        }
        return session;
    }

    /** Makes the engine; null if it is not known yet which one. */
    private @Nullable TlsSession begin() throws SSLException {
        TlsSettings settings = connection.settings();
        ClientHello first = hello;
        if (!settings.isClient()) {
            if (first == null || !first.isWhole()) {
                return null;
            }
            serverName = first.serverName();
        }
        TlsLoop loop = connection.loop();
        TlsSession session = new TlsSession(
                settings.engine(serverName), loop.buffers(), loop.records(settings.prefersDirectBuffers()));
        connection.session(session);
        session.begin();
        if (first != null) {
            session.received(first.bytes());
            hello = null; // which may be long
        }
        return session;
    }

    private void goOn(TlsSession session) throws SSLException {
        while (true) {
            switch (session.need()) {
                case NOTHING -> {
                    established(session);
                    return;
                }
                case TASK -> {
                    connection.runTasks(this, session.tasks());
                    return;
                }
                case WRAP -> {
                    if (output.sendRecords(session)) {
                        return;
                    }
                    if (session.need() == TlsSession.Need.WRAP) {
                        throw new SSLException("the TLS engine has something to send, and makes nothing of it");
                    }
                }
                case UNWRAP -> {
                    if (!session.goOn()) {
                        input.request();
                        return;
                    }
                }
            }
        }
    }

    private void established(TlsSession session) throws SSLException {
        SSLEngine engine = session.engine();
        if (engine.getSession().getCipherSuite().equals(NO_CIPHER_SUITE)) {
            throw new SSLHandshakeException("the peer has ended the handshake in the middle");
        }
        session.established();
        session.goOn(); // what the peer has sent right behind its last message
        input.noteEnd(session);
        String protocol = engine.getApplicationProtocol();
        connection
                .endpoint()
                .security(new Security(
                        engine.getSession(),
                        protocol == null || protocol.isEmpty() ? null : protocol,
                        serverName == null ? connection.settings().requestedName() : serverName));
        end(Status.OK, 0);
    }

    private void fail(SSLException e) {
        operation.cause(e);
        ClientHello first = hello;
        if (connection.session() == null && first != null && first.isWhole()) {
            output.alert(first.serverName() == null ? INTERNAL_ERROR : UNRECOGNIZED_NAME);
        }
        connection.fail(e);
        end(Status.TLS_ERROR, 0);
    }

    private void end(Status status, int nativeError) {
        connection.handshakeEnded(status);
        operation.addWireBytes(input.takeWireBytes());
        connection.loop().sink().completed(operation, status, 0, nativeError);
    }

    /** The engine is done with a request of the input; {@code buffer} is null if it brings nothing. */
    void received(@Nullable LeasedBuffer buffer, Status status, int nativeError) {
        if (buffer == null) {
            switch (status) {
                case EOF ->
                    fail(new SSLHandshakeException("the peer closed the connection in the middle of the handshake"));
                case OK, CANCELLED -> goOn();
                default -> end(status, nativeError);
            }
            return;
        }
        try {
            TlsSession session = connection.session();
            if (session == null) {
                hello().add(buffer.data());
            } else {
                session.received(buffer.data());
            }
        } catch (SSLException | RuntimeException | Error e) {
            fail(TlsConnection.asSsl(e));
            return;
        } finally {
            buffer.release();
        }
        goOn();
    }

    private ClientHello hello() {
        if (hello == null) {
            hello = new ClientHello();
        }
        return Objects.requireNonNull(hello);
    }

    /** The engine is done with a request of the output. */
    void sent(Status status, long bytes, int nativeError) {
        operation.addWireBytes(bytes);
        if (status == Status.OK) {
            goOn();
        } else {
            end(status, nativeError);
        }
    }
}
