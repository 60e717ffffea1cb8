package io.iocp.engine.tls;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Security;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import io.iocp.operation.TlsSettings;
import io.iocp.tls.ClientHello;
import io.iocp.tls.PlainText;
import io.iocp.tls.TlsSession;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * One connection with TLS: performs the operations of plain text that the shard submits with receives and sends of cipher text,
 * which the engine performs.
 *
 * <p>Thread: shard holder. Next: {@link TlsSession}.
 */
final class TlsConnection {
    /*
     * Ownership. The shard has submitted at most one operation of each direction, as to any engine; a handshake is one of
     * both. For each of them, and for nothing else but what this floor has to send itself, the engine has at most one
     * request of that direction: `incoming`, `outgoing`, or a continuous receive, which goes down as it is. An operation is
     * reported when the engine has nothing of it, exactly once, because it leaves `reading` or `writing` for that. From a
     * submit or a cancel nothing is reported: it is put off to the next turn.
     *
     * What is sent without an operation (the answer to an update of keys, a close_notify) is the floor's own: the sink is
     * told that the endpoint is busy, and then that it is quiet, so that nothing is closed under the kernel.
     *
     * Cancel. A receive leaves what it did not take with the session. A send whose records are on their way goes on to their
     * end or, if the kernel has not taken them all, leaves a record cut in two: nothing can follow it. So records are made
     * only when they can be given to the kernel at once, and what is cancelled before has changed nothing.
     *
     * Tasks run elsewhere and touch the engine only; the session is left alone meanwhile. A handshake does not wait for them
     * to end when it is cancelled. Whoever is last, the tasks or the close, releases the engine.
     */

    /** Plain text that is given to the kernel at once, in one send. */
    private static final int MOST_AT_ONCE = 64 << 10;

    /** Fatal alerts in a record of their own: for a client that there is no engine for. */
    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

    private static final byte[] INTERNAL_ERROR = {21, 3, 3, 0, 2, 2, 80};

    /** The name of it before there is one. */
    private static final String NO_CIPHER_SUITE = "SSL_NULL_WITH_NULL_NULL";

    private enum Stage {
        /** As a server, it waits for the client's first message; there is no engine yet. */
        HELLO,
        HANDSHAKE,
        ESTABLISHED,
        /** The handshake has failed, or was cancelled. */
        FAILED
    }

    private final TlsLoop loop;
    private final Endpoint endpoint;
    private final TlsSettings settings;
    private final PlainText plain = new PlainText();
    private Stage stage = Stage.HELLO;
    private @Nullable ClientHello hello;
    private @Nullable SSLEngine engine;
    private @Nullable TlsSession session;

    /** A handshake, a receive or a continuous receive that the shard has submitted. */
    private @Nullable Operation reading;

    private boolean readingCancelled;

    /** The engine has a request of the input. */
    private boolean receiving;

    /** Made when it is first needed. */
    private @Nullable Receive incoming;

    /** How everything that is received ends from now on; null while it goes on. */
    private @Nullable Status inputEnd;

    private int inputError;

    /** Bytes of cipher text that no operation has counted yet. */
    private long bytesIn;

    private @Nullable Send writing;
    private boolean writingCancelled;

    /** Bytes of plain text of it that the kernel has accepted. */
    private long written;

    /** The engine has a request of the output. */
    private boolean sending;

    /** That is the floor's own. */
    private boolean ownSend;

    private @Nullable Send outgoing;

    /** How everything that is sent ends from now on; null while it goes on. */
    private @Nullable Status outputEnd;

    private int outputError;

    private @Nullable SSLException failure;

    /** The sink was told that there is a request of the floor's own. */
    private boolean busy;

    /** The output is to end behind what is being sent. */
    private boolean ending;

    private boolean ended;
    private boolean closing;
    private boolean tasksRun;
    private @Nullable Throwable taskFailure;
    private boolean disposed;

    /** It waits to be served. */
    private boolean put;

    private TlsConnection(TlsLoop loop, Endpoint endpoint, TlsSettings settings) {
        this.loop = loop;
        this.endpoint = endpoint;
        this.settings = settings;
    }

    static void begin(TlsLoop loop, Handshake handshake) {
        Endpoint endpoint = Objects.requireNonNull(handshake.endpoint);
        TlsConnection connection = new TlsConnection(loop, endpoint, handshake.settings());
        endpoint.tls = connection;
        connection.reading = handshake;
        connection.later();
    }

    private void later() {
        if (!put) {
            put = true;
            loop.later(this);
        }
    }

    /** Goes on with whatever there is to go on with. */
    void serve() {
        put = false;
        if (disposed) {
            return;
        }
        if (reading instanceof Handshake) {
            shake();
            return;
        }
        read();
        write();
    }

    // ---- handshake

    private void shake() {
        if (receiving || sending) {
            return;
        }
        if (readingCancelled) {
            endHandshake(Status.CANCELLED, 0);
            return;
        }
        if (tasksRun) {
            return;
        }
        Throwable thrown = taskFailure;
        if (thrown != null) {
            failHandshake(asSsl(thrown));
            return;
        }
        try {
            if (session == null && !open()) {
                receive();
                return;
            }
            shake(Objects.requireNonNull(session));
        } catch (SSLException | RuntimeException e) {
            failHandshake(asSsl(e));
        }
    }

    /** Makes the engine; false if it is not known yet which one. */
    private boolean open() throws SSLException {
        String name = null;
        ClientHello first = hello;
        if (!settings.isClient()) {
            if (first == null || !first.isWhole()) {
                return false;
            }
            name = first.serverName();
        }
        SSLEngine made = settings.engine(name);
        engine = made;
        TlsSession begun = new TlsSession(made, loop.buffers(), loop.records(settings.prefersDirectBuffers()));
        session = begun;
        stage = Stage.HANDSHAKE;
        begun.begin();
        if (first != null) {
            begun.received(first.bytes());
        }
        return true;
    }

    private void shake(TlsSession of) throws SSLException {
        while (true) {
            switch (of.need()) {
                case NOTHING -> {
                    if (of.engine().getSession().getCipherSuite().equals(NO_CIPHER_SUITE)) {
                        throw new SSLHandshakeException("the peer has ended the handshake in the middle");
                    }
                    established(of);
                    return;
                }
                case TASK -> {
                    runTasks(of);
                    return;
                }
                case WRAP -> {
                    if (sendRecords(of)) {
                        return;
                    }
                    if (of.need() == TlsSession.Need.WRAP) {
                        throw new SSLException("the TLS engine has something to send, and makes nothing of it");
                    }
                }
                case UNWRAP -> {
                    if (!of.goOn()) {
                        receive();
                        return;
                    }
                }
            }
        }
    }

    private void runTasks(TlsSession of) {
        tasksRun = true;
        Runnable tasks = of.tasks();
        Throwable[] thrown = new Throwable[1];
        loop.runElsewhere(
                () -> {
                    try {
                        tasks.run();
                    } catch (Throwable e) {
                        thrown[0] = e; // of a trust manager, for one: it ends this handshake and nothing else
                    }
                },
                () -> tasksDone(thrown[0]));
    }

    private void tasksDone(@Nullable Throwable thrown) {
        tasksRun = false;
        taskFailure = thrown;
        if (disposed) {
            release();
        } else {
            later();
        }
    }

    private void established(TlsSession of) throws SSLException {
        of.established();
        stage = Stage.ESTABLISHED;
        of.goOn(); // what the client has sent right behind its last message
        if (of.inputEnded()) {
            inputEnd = Status.EOF;
        }
        SSLEngine made = of.engine();
        String protocol = made.getApplicationProtocol();
        String name = settings.requestedName();
        ClientHello first = hello;
        hello = null;
        endpoint.security(new Security(
                made.getSession(),
                protocol == null || protocol.isEmpty() ? null : protocol,
                first == null ? name : first.serverName()));
        endHandshake(Status.OK, 0);
    }

    private void failHandshake(SSLException e) {
        failure = e;
        TlsSession of = session;
        if (of == null) {
            if (hello != null && hello.isWhole()) {
                sendAtOnce(alertOf(hello.serverName() == null ? INTERNAL_ERROR : UNRECOGNIZED_NAME));
            }
        } else {
            sendLastRecords(of);
        }
        Operation handshake = Objects.requireNonNull(reading);
        handshake.cause = e;
        endHandshake(Status.TLS_ERROR, 0);
    }

    private LeasedBuffer alertOf(byte[] record) {
        LeasedBuffer alert = loop.buffers().lease(record.length);
        alert.length(record.length);
        alert.data().put(0, record);
        return alert;
    }

    private void endHandshake(Status status, int nativeError) {
        Operation handshake = Objects.requireNonNull(reading);
        if (status != Status.OK) {
            stage = Stage.FAILED;
            if (failure == null) {
                failure = new SSLException("the handshake did not come to its end (" + status + ")");
            }
            inputEnd = Status.TLS_ERROR;
            outputEnd = Status.TLS_ERROR;
        }
        reading = null;
        readingCancelled = false;
        handshake.wireBytes += bytesIn;
        bytesIn = 0;
        loop.sink().completed(handshake, status, 0, nativeError);
    }

    private static SSLException asSsl(Throwable e) {
        if (e instanceof SSLException ssl) {
            return ssl;
        }
        return new SSLException("the TLS engine failed: " + e, e);
    }

    // ---- in

    void submit(Receive receive) {
        reading = receive;
        readingCancelled = false;
        if (mustReport() || plainBytes() > 0) {
            later();
        } else {
            receive();
        }
    }

    void submit(ReceiveContinuously receive) {
        reading = receive;
        readingCancelled = false;
        if (mustReport() || plainBytes() > 0) {
            later();
        } else {
            receiving = true;
            loop.engine().submit(receive);
        }
    }

    private boolean mustReport() {
        return inputEnd != null || readingCancelled;
    }

    private int plainBytes() {
        TlsSession of = session;
        return of == null ? 0 : of.plainBytes();
    }

    int available() {
        return plainBytes();
    }

    /** A receive that need not wait: from what is here already. */
    @Nullable
    Status attempt(Receive receive) {
        if (reading != null || receiving || stage != Stage.ESTABLISHED) {
            return null;
        }
        if (plainBytes() > 0) {
            receive.bytes = take(receive);
            return Status.OK;
        }
        if (inputEnd != Status.EOF) {
            return null;
        }
        return receive.isReadable() ? Status.OK : Status.EOF;
    }

    /** Asks the engine for cipher text, in a buffer of its own, so that who waits holds none. */
    private void receive() {
        Receive raw = incoming;
        if (raw == null) {
            raw = new Receive(this);
            incoming = raw;
        }
        raw.intoEngineBuffer();
        raw.beginBelow(endpoint);
        receiving = true;
        loop.engine().submit(raw);
    }

    /** Cipher text for a continuous receive. */
    void received(ReceiveContinuously receive, LeasedBuffer buffer) {
        boolean fine = decrypt(buffer);
        deliver(receive);
        if (!fine || inputEnd != null) {
            loop.engine().cancel(receive); // its completion says how it has ended
        }
        write();
    }

    private void deliver(ReceiveContinuously receive) {
        TlsSession of = Objects.requireNonNull(session);
        receive.wireBytes += bytesIn;
        bytesIn = 0;
        for (LeasedBuffer text = of.takePlain(); text != null; text = of.takePlain()) {
            loop.sink().received(receive, text);
        }
    }

    /** False if it cannot be decrypted: then there is nothing more to be received, ever. */
    private boolean decrypt(LeasedBuffer buffer) {
        TlsSession of = Objects.requireNonNull(session);
        bytesIn += buffer.length();
        try {
            if (inputEnd == null) {
                of.received(buffer.data());
                if (of.inputEnded()) {
                    inputEnd = Status.EOF;
                }
            }
            return true;
        } catch (SSLException | RuntimeException e) {
            fail(asSsl(e));
            return false;
        } finally {
            buffer.release();
        }
    }

    /** The session is of no use any more. */
    private void fail(SSLException e) {
        failure = e;
        inputEnd = Status.TLS_ERROR;
        TlsSession of = session;
        if (outputEnd == null && !sending && of != null) {
            sendLastRecords(of);
        }
        if (outputEnd == null) {
            outputEnd = Status.TLS_ERROR;
        }
    }

    private void truncated() {
        if (settings.isTruncationAllowed()) {
            inputEnd = Status.EOF;
        } else {
            fail(new SSLException(
                    "the peer's stream has ended without a close_notify: it was cut off, by the peer or by"
                            + " somebody on the way; allow truncation if this peer always ends so"));
        }
    }

    /** Serves the receive that waits, or asks for more. */
    private void read() {
        Operation of = reading;
        if (of == null || receiving) {
            return;
        }
        if (of instanceof ReceiveContinuously receive) {
            deliver(receive);
            if (mustReport()) {
                endReading(readingCancelled && inputEnd == null ? Status.CANCELLED : inputEnd());
            } else {
                receiving = true;
                loop.engine().submit(receive);
            }
        } else if (plainBytes() > 0) {
            long bytes = take((Receive) of);
            endReading(Status.OK, bytes, 0);
        } else if (inputEnd != null) {
            endReading(inputEnd());
        } else if (readingCancelled) {
            endReading(Status.CANCELLED);
        } else {
            receive();
        }
    }

    private Status inputEnd() {
        return Objects.requireNonNull(inputEnd);
    }

    /** Gives a receive what it wants of the plain text that there is. */
    private long take(Receive receive) {
        TlsSession of = Objects.requireNonNull(session);
        receive.wireBytes += bytesIn;
        bytesIn = 0;
        MemorySegment memory = receive.memory;
        if (memory != null) {
            return memory.byteSize() == 0 ? 0 : of.takePlain(memory);
        }
        LeasedBuffer text = Objects.requireNonNull(of.takePlain());
        receive.lease = text;
        return text.length();
    }

    private void endReading(Status status) {
        endReading(status, 0, status == Status.TLS_ERROR || status == Status.EOF ? 0 : inputError);
    }

    private void endReading(Status status, long bytes, int nativeError) {
        Operation of = Objects.requireNonNull(reading);
        reading = null;
        readingCancelled = false;
        Status seen = status;
        if (of instanceof Receive receive && receive.isReadable() && status == Status.EOF) {
            seen = Status.OK; // the next receive does not wait
        }
        if (seen == Status.TLS_ERROR) {
            of.cause = failure;
        }
        loop.sink().completed(of, seen, bytes, nativeError);
    }

    // ---- out

    void submit(Send send) {
        writing = send;
        writingCancelled = false;
        written = 0;
        plain.of(send.memory, send.pieces);
        if (outputEnd != null || plain.isEmpty()) {
            later();
        } else {
            write();
        }
    }

    /** Gives the engine the next records, if it has none: of the shard's send, or the floor's own. */
    private void write() {
        TlsSession of = session;
        Send send = writing;
        if (sending) {
            return;
        }
        if (send != null && outputEnd != null) {
            endWriting(outputEnd, outputError);
        } else if (of == null || stage != Stage.ESTABLISHED) {
            return;
        } else if (send != null && plain.isEmpty()) {
            endWriting(Status.OK, 0);
        } else if (send != null && writingCancelled) {
            endWriting(Status.CANCELLED, 0);
        } else if (outputEnd != null) {
            endNow();
        } else if (send != null || ending || (of.mustWrap() && !closing)) {
            try {
                if (send == null && ending) {
                    of.endOutput();
                    ended = true;
                }
                if (!sendRecords(of)) {
                    nothingToSend(send);
                }
            } catch (SSLException | RuntimeException e) {
                fail(asSsl(e));
                later(); // this may be within a submit
            }
        }
    }

    private void nothingToSend(@Nullable Send send) throws SSLException {
        if (send != null) {
            throw new SSLException("the TLS engine takes nothing that is to be sent");
        }
        endNow();
    }

    /** Nothing more is sent: if the output is to end it does. */
    private void endNow() {
        if (ending) {
            ending = false;
            ended = true;
            if (!closing) {
                loop.engine().shutdownOutput(endpoint);
            }
        }
    }

    /** Makes records, and gives them to the engine; false if there is nothing to be sent. */
    private boolean sendRecords(TlsSession of) throws SSLException {
        LeasedBuffer records = of.wrap(plain, MOST_AT_ONCE);
        if (records.length() == 0) {
            records.release();
            return false;
        }
        Send raw = outgoing();
        records.pin();
        raw.one(records);
        raw.continues = writing != null && (writing.continues || !plain.isEmpty());
        raw.beginBelow(endpoint);
        sending = true;
        ownSend = writing == null && !(reading instanceof Handshake);
        if (ownSend && !busy) {
            busy = true;
            loop.sink().busy(endpoint);
        }
        loop.engine().submit(raw);
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

    /** The session's last words, if they can be sent without waiting. */
    private void sendLastRecords(TlsSession of) {
        if (sending) {
            return;
        }
        try {
            plain.clear();
            sendAtOnce(of.wrap(plain, 0));
        } catch (SSLException | RuntimeException e) {
            // It has nothing to say, then.
        }
    }

    private void sendAtOnce(LeasedBuffer records) {
        if (records.length() == 0) {
            records.release();
            return;
        }
        Send raw = outgoing();
        records.pin();
        raw.one(records);
        raw.continues = false;
        raw.beginBelow(endpoint);
        loop.engine().attempt(raw);
        raw.settle();
    }

    /** The engine is done with records. */
    private void sent(Send raw, Status status, long bytes, int nativeError) {
        raw.settle();
        sending = false;
        boolean own = ownSend;
        ownSend = false;
        Operation of = reading instanceof Handshake handshake ? handshake : writing;
        if (of != null && !own) {
            of.wireBytes += bytes;
        }
        if (status != Status.OK) {
            outputFailed(status, nativeError);
        }
        if (reading instanceof Handshake) {
            if (status == Status.OK) {
                shake();
            } else {
                endHandshake(status, nativeError);
            }
            return;
        }
        if (!own) {
            sent(status, nativeError);
        } else if (ended) {
            endNow();
        }
        write();
        if (busy && !(sending && ownSend)) {
            busy = false;
            loop.sink().quiet(endpoint); // last of all: it may be closed by that
        }
    }

    /** Whatever the reason, a record is cut in two. */
    private void outputFailed(Status status, int nativeError) {
        if (outputEnd != null) {
            return;
        }
        if (status == Status.CANCELLED) {
            outputEnd = Status.TLS_ERROR;
            if (failure == null) {
                failure = new SSLException(
                        "a send was cancelled or timed out in the middle of a record: the peer can read"
                                + " nothing that would follow");
            }
        } else {
            outputEnd = status;
            outputError = nativeError;
        }
    }

    private void sent(Status status, int nativeError) {
        Send send = Objects.requireNonNull(writing);
        if (status == Status.OK) {
            written = send.length() - plain.bytesLeft();
            if (plain.isEmpty()) {
                endWriting(Status.OK, 0);
            }
        } else {
            endWriting(status, nativeError);
        }
    }

    private void endWriting(Status status, int nativeError) {
        Send send = Objects.requireNonNull(writing);
        writing = null;
        writingCancelled = false;
        plain.clear();
        if (status == Status.TLS_ERROR) {
            send.cause = failure;
        }
        long bytes = status == Status.OK ? send.length() : written;
        loop.sink().completed(send, status, bytes, nativeError);
    }

    // ---- from both sides

    void completed(Operation operation, Status status, long bytes, int nativeError) {
        if (operation == outgoing) {
            sent((Send) operation, status, bytes, nativeError);
            return;
        }
        receiving = false;
        if (operation == incoming) {
            received((Receive) operation, status, nativeError);
        } else {
            stopped(status, nativeError);
        }
    }

    private void received(Receive raw, Status status, int nativeError) {
        LeasedBuffer buffer = raw.lease;
        raw.lease = null;
        if (reading instanceof Handshake) {
            receivedOfHandshake(buffer, status, nativeError);
            return;
        }
        if (buffer != null) {
            decrypt(buffer);
        } else if (status == Status.EOF && inputEnd == null) {
            truncated();
        } else if (status == Status.CANCELLED) {
            // Somebody asked for it, or the engine has to be asked again: read() knows.
        } else if (status != Status.OK && inputEnd == null) {
            if (status == Status.RESOURCE_LIMIT || status == Status.FAULT) {
                endReading(status, 0, nativeError); // which passes
                return;
            }
            inputEnd = status;
            inputError = nativeError;
        }
        read();
        write();
    }

    private void receivedOfHandshake(@Nullable LeasedBuffer buffer, Status status, int nativeError) {
        if (buffer == null) {
            switch (status) {
                case EOF ->
                    failHandshake(
                            new SSLHandshakeException("the peer closed the connection in the middle of the handshake"));
                case OK, CANCELLED -> shake();
                default -> endHandshake(status, nativeError);
            }
            return;
        }
        ByteBuffer data = buffer.data();
        bytesIn += buffer.length();
        try {
            TlsSession of = session;
            if (of == null) {
                ClientHello first = hello;
                if (first == null) {
                    first = new ClientHello();
                    hello = first;
                }
                first.add(data);
            } else {
                of.received(data);
            }
        } catch (SSLException | RuntimeException e) {
            failHandshake(asSsl(e));
            return;
        } finally {
            buffer.release();
        }
        shake();
    }

    /** The engine has disarmed a continuous receive. */
    private void stopped(Status status, int nativeError) {
        if (status == Status.EOF && inputEnd == null) {
            truncated();
        }
        Status end = inputEnd;
        if (end == null) {
            endReading(status, 0, nativeError);
        } else {
            endReading(end);
        }
        write();
    }

    void cancel(Operation operation) {
        if (operation == reading) {
            readingCancelled = true;
            if (receiving) {
                loop.engine().cancel(operation instanceof ReceiveContinuously ? operation : incoming());
            }
            if (sending && operation instanceof Handshake) {
                loop.engine().cancel(outgoing());
            }
            later();
        } else if (operation == writing) {
            writingCancelled = true;
            if (sending && !ownSend) {
                loop.engine().cancel(outgoing());
            }
            later();
        }
    }

    private Receive incoming() {
        return Objects.requireNonNull(incoming);
    }

    // ---- the end

    /** The output is to end: with a close_notify, if there can be one. The shard has no send here. */
    void endOutput() {
        ending = true;
        if (stage == Stage.ESTABLISHED) {
            write();
        } else {
            endNow();
        }
    }

    /** The connection is about to be closed: a close_notify, if it can be sent at once. */
    void closing() {
        closing = true;
        TlsSession of = session;
        if (sending) {
            if (ownSend) {
                loop.engine().cancel(outgoing());
            }
        } else if (of != null && stage == Stage.ESTABLISHED && !ended && writing == null && outputEnd == null) {
            ended = true;
            of.endOutput();
            sendLastRecords(of);
        }
    }

    /** The peer is to see a reset: what the floor itself is sending is not waited for. */
    void aborting() {
        closing = true;
        ended = true;
        if (sending && ownSend) {
            loop.engine().cancel(outgoing());
        }
    }

    /** The connection has gone. */
    void dispose() {
        disposed = true;
        if (!tasksRun) {
            release();
        }
    }

    private void release() {
        TlsSession of = session;
        SSLEngine made = engine;
        session = null;
        engine = null;
        hello = null;
        if (of != null) {
            of.close();
        }
        if (made != null) {
            settings.release(made);
        }
    }
}
