package io.iocp.engine.tls;

import io.iocp.engine.EngineLoop;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import io.iocp.tls.PlainText;
import io.iocp.tls.TlsSession;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What is sent on a secure connection: records of the shard's sends, of the handshake, and of the session's own.
 *
 * <p>Thread: shard holder.
 */
final class TlsOutput {
    /*
     * Records are made when they can be given to the engine at once, never before: so they go out in the order in which they
     * were encrypted, and what is cancelled while it waits has changed nothing. What is cancelled after that has gone to its
     * end, or has left a record cut in two, and then nothing can follow.
     */

    /** Plain text that is given to the kernel at once, in one send. */
    private static final int MOST_AT_ONCE = 64 << 10;

    private final TlsConnection connection;
    private final PlainText plain = new PlainText();

    /** What the shard has submitted. */
    private @Nullable Send writing;

    private boolean cancelled;

    /** Bytes of plain text of it that the kernel has accepted. */
    private long written;

    /** The engine has a request: {@link #outgoing}. */
    private boolean sending;

    /** It is for no operation. */
    private boolean own;

    /** The sink was told that there is one. */
    private boolean busy;

    /** Made when it is first needed. */
    private @Nullable Send outgoing;

    /** How everything ends from now on; null while it goes on. */
    private @Nullable Status end;

    private int endError;

    /** The output is to end behind what is being sent. */
    private boolean ending;

    /** The session has said that nothing more comes. */
    private boolean ended;

    TlsOutput(TlsConnection connection) {
        this.connection = connection;
    }

    boolean isSending() {
        return sending;
    }

    /** Whether this is the request of this floor. */
    boolean isOwn(Operation operation) {
        return operation.equals(outgoing);
    }

    /** Everything ends so from now on, unless it does already. */
    void end(Status status, int nativeError) {
        if (end == null) {
            end = status;
            endError = nativeError;
        }
    }

    private EngineLoop engine() {
        return connection.loop().engine();
    }

    // ---- from the shard

    void submit(Send send) {
        writing = send;
        cancelled = false;
        written = 0;
        if (send.pieces == 1) {
            plain.of(send.piece(0));
        } else {
            plain.of(send.several(), send.pieces);
        }
        if (end != null || plain.isEmpty()) {
            connection.later();
        } else {
            goOn();
        }
    }

    void cancel(Operation operation) {
        if (operation.equals(writing)) {
            cancelled = true;
            if (!own) {
                cancelRequest();
            }
            connection.later();
        }
    }

    void cancelRequest() {
        if (sending) {
            engine().cancel(outgoing());
        }
    }

    /** The output is to end: with a close_notify, if there can be one. */
    void endBehind() {
        ending = true;
        if (connection.isEstablished()) {
            goOn();
        } else if (!sending) {
            endNow(); // else behind the alert
        }
    }

    /** The connection is about to be closed. */
    void closing() {
        if (sending) {
            giveUp();
        } else if (writing == null && end == null && !ended && connection.isEstablished()) {
            ended = true;
            Objects.requireNonNull(connection.session()).endOutput();
            lastRecords();
        }
    }

    /** What is sent for no operation is not waited for. */
    void giveUp() {
        if (own) {
            cancelRequest();
        }
    }

    // ---- to the engine

    /** Gives the engine the next records, if it has none. */
    void goOn() {
        if (writing != null && (own || !sending)) {
            goOnWithSend();
        } else if (sending) {
            return;
        } else if (end != null) {
            endNow();
        } else if (connection.isEstablished()) {
            goOn(Objects.requireNonNull(connection.session()));
        }
    }

    /** Also while the session sends something itself, which the peer may never read: what is to end need not wait for that. */
    private void goOnWithSend() {
        if (end != null) {
            report(end, endError);
        } else if (plain.isEmpty()) {
            report(Status.OK, 0);
        } else if (cancelled) {
            report(Status.CANCELLED, 0);
        } else if (!sending) {
            try {
                if (!sendRecords(Objects.requireNonNull(connection.session()))) {
                    throw new SSLException("the TLS engine takes nothing of what is to be sent");
                }
            } catch (SSLException | RuntimeException | Error e) {
                failed(e);
            }
        }
    }

    /** What the session has to say itself. */
    private void goOn(TlsSession session) {
        try {
            if (ending && !ended) {
                ended = true;
                session.endOutput();
            } else if (!ending && (connection.isClosing() || !session.mustWrap())) {
                return;
            }
            Status status = sendAtOnce(session.wrap(plain, 0));
            if (status != null && status != Status.OK) {
                notSent(status, outgoing().nativeError());
            }
            if (status != null) {
                endNow();
            }
        } catch (SSLException | RuntimeException | Error e) {
            failed(e);
        }
    }

    private void failed(Throwable e) {
        connection.fail(TlsConnection.asSsl(e));
        connection.endInput();
        connection.later(); // this may be within a submit
    }

    /** Nothing more is sent: if the output is to end it does. */
    private void endNow() {
        if (ending) {
            ending = false;
            ended = true;
            if (!connection.isClosing()) {
                engine().shutdownOutput(connection.endpoint());
            }
        }
    }

    /** Makes records, and gives them to the engine; false if there is nothing to be sent. */
    boolean sendRecords(TlsSession session) throws SSLException {
        LeasedBuffer records = session.wrap(plain, MOST_AT_ONCE);
        if (records.length() == 0) {
            records.release();
            return false;
        }
        Send send = writing;
        Send raw = outgoing(records);
        raw.continues = send != null && (send.continues || !plain.isEmpty());
        sending = true;
        engine().submit(raw);
        return true;
    }

    private Send outgoing() {
        Send raw = outgoing;
        if (raw == null) {
            raw = new Send(this);
            outgoing = raw;
        }
        return raw;
    }

    private Send outgoing(LeasedBuffer records) {
        Send raw = outgoing();
        records.pin();
        raw.one(records);
        raw.continues = false;
        raw.beginBelow(connection.endpoint());
        return raw;
    }

    /**
     * Sends what the session has to say last, an alert or a close_notify: at once if that can be, so that who closes the connection
     * next does not cut it off. If not it is waited for, unless the connection is being closed.
     */
    void lastRecords() {
        TlsSession session = connection.session();
        if (session == null || sending || end != null || connection.tasksRun()) {
            return;
        }
        try {
            plain.clear();
            sendAtOnce(session.wrap(plain, 0));
        } catch (SSLException | RuntimeException | Error e) {
            // It has nothing to say, then.
        }
    }

    void alert(byte[] record) {
        LeasedBuffer alert = connection.loop().buffers().lease(record.length);
        alert.length(record.length);
        alert.data().put(0, record);
        sendAtOnce(alert);
    }

    /** How it has ended, OK also where a close leaves nobody to whom that matters; null if the rest of it is on its way. */
    private @Nullable Status sendAtOnce(LeasedBuffer records) {
        if (records.length() == 0 || sending) {
            records.release();
            return Status.OK;
        }
        Send raw = outgoing(records);
        Status status = engine().attempt(raw);
        if (status == null && !connection.isClosing()) {
            submitOwn(raw);
            return null;
        }
        raw.settle();
        return status == null ? Status.OK : status;
    }

    private void submitOwn(Send raw) {
        sending = true;
        own = true;
        if (!busy) {
            busy = true;
            connection.loop().sink().busy(connection.endpoint());
        }
        engine().submit(raw);
    }

    // ---- from the engine

    /** It is done with records. */
    void sent(Status status, long bytes, int nativeError) {
        outgoing().settle();
        sending = false;
        boolean wasOwn = own;
        own = false;
        if (status != Status.OK) {
            notSent(status, nativeError);
        }
        TlsHandshake handshake = connection.handshake();
        if (handshake != null && !wasOwn) {
            handshake.sent(status, bytes, nativeError);
            return;
        }
        if (!wasOwn) {
            sentOf(Objects.requireNonNull(writing), status, bytes, nativeError);
        } else if (ended) {
            endNow();
        }
        goOn();
        if (busy && !own) {
            busy = false;
            connection.loop().sink().quiet(connection.endpoint()); // last of all: it may be closed by that
        }
    }

    private void notSent(Status status, int nativeError) {
        if (status == Status.CANCELLED) {
            connection.cut(
                    new SSLException(
                            "a send was cancelled or timed out in the middle of a record: the peer could read nothing that followed"));
        } else {
            end(status, nativeError);
        }
    }

    private void sentOf(Send send, Status status, long bytes, int nativeError) {
        send.addWireBytes(bytes);
        if (status != Status.OK) {
            report(status, nativeError);
            return;
        }
        written = send.length() - plain.bytesLeft();
        if (plain.isEmpty()) {
            report(Status.OK, 0);
        }
    }

    // ---- to the shard

    private void report(Status status, int nativeError) {
        Send send = Objects.requireNonNull(writing);
        writing = null;
        cancelled = false;
        plain.clear();
        if (status == Status.TLS_ERROR) {
            send.cause(connection.failure());
        }
        connection.loop().sink().completed(send, status, written, nativeError);
    }
}
