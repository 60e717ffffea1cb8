package io.iocp.spring.connection;

import io.iocp.Connection;
import io.iocp.Handle;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TooMuchMemoryException;
import io.iocp.spring.annotation.ConnectionEvent;
import io.iocp.spring.connection.Receiving.PauseReason;
import io.iocp.spring.framing.FrameException;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.ConnectionInfo;
import io.iocp.spring.handler.Exchange;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerTable;
import io.iocp.spring.handler.ReturnValue;
import io.iocp.spring.handler.RoutedHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a server or a client: passes its packets to the owner's handlers, sends their results, and decides when it
 * ends.
 *
 * <p>Thread: workers, one packet of the connection at a time, but for {@link #shutDown}, {@link #abort}, {@link #reset}, {@link #route} and {@link
 * #view}, which are any.
 *
 * <p>Next: {@link HandlerEndpoint#invoke}.
 */
public final class TcpConnection implements RoutedHandler, Exchange, ConnectionInfo {
    private static final CompletionStage<@Nullable Void> WRITABLE = CompletableFuture.completedStage(null);

    /** For a peer to make room for the close_notify behind what it has not read yet. */
    private static final Duration GOOD_BYE_TIMEOUT = Duration.ofSeconds(10);

    /** For a peer that goes on sending to see that this side has ended. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    /** Attachments of the connection's own packets. */
    private enum Mark {
        /** The TLS handshake. */
        HANDSHAKE,
        /** A reply is being sent. */
        REPLY,
        /** Go on with what was received and held back. */
        GO_ON,
        /** Finish and close. */
        SHUT_DOWN,
        /** The handlers are told that the owner drains; the connection ends later. */
        DRAIN,
        /** The end of the output, with TLS the close_notify, behind everything that was sent. */
        GOOD_BYE,
        /** The peer has had the time to see the end. */
        LINGER,
        /** The reset. */
        RESET,
        /** A deadline may have come. */
        DEADLINE,
        /** Closed, and this is the last packet. */
        CLOSED,
        /** Handlers were started or stopped. */
        HANDLERS_CHANGED
    }

    /** What the handler of the accept has returned, if it is to be sent where the connection's packets are handled. */
    private record Greeting(ReturnValue how, Object value) {}

    private enum Reading {
        /** The continuous receive is on, unless {@link #receiving} is paused. */
        ON,
        /** Nothing is wanted any more: closes as soon as nothing waits to be sent. */
        ENDING,
        /** Closes as soon as the peer can read that this was all. */
        ENDED
    }

    private final ConnectionOwner owner;
    private final boolean ownerTakesData;
    private final HandlerTable handlers;
    private final ConnectionSettings settings;
    private final Connection connection;
    private final SocketAddress remoteAddress;
    private final long openedNanos = System.nanoTime();
    private final Instant openedAt = Instant.now();
    private final OverlappedIO receive = new OverlappedIO();
    private final Receiving receiving;
    private final Outbound outbound;
    private final Inbound inbound;
    private final Deadlines deadlines;
    private Reading reading = Reading.ON;
    private long bytesReceived;

    /** The application will reply to something that it has received. */
    private boolean heldOpen;

    /** To be run once when the present packet is through. */
    private @Nullable Runnable afterwards;

    /** Its packet is on its way: what is held back will be gone on with. */
    private boolean goesOn;

    /** A handler has failed: it ends without a goodbye. */
    private boolean abrupt;

    /** Its handler was told that the owner drains. */
    private boolean drainTold;

    /** Somebody waits until less is to be sent. Completed by the connection's packets, failed by its end. */
    private volatile @Nullable CompletableFuture<@Nullable Void> writable;

    /** Why it is to be closed as soon as it is not in the middle of something; null if it is not. */
    private @Nullable CloseReason leaving;

    /** The peer is to see the end of what was sent to it before the connection is closed. */
    private boolean lingers;

    /** The first reason counts. Written before the close that it explains, by any thread. */
    private volatile @Nullable CloseReason closeReason;

    /** Everything that it begins with was started. */
    private volatile boolean begun;

    private volatile boolean shutDownAsked;

    /** @param connection a {@link SecureConnection} if the settings have TLS */
    public TcpConnection(
            ConnectionOwner owner, HandlerTable handlers, ConnectionSettings settings, Connection connection) {
        this(owner, handlers, settings, connection, connection.remoteAddress());
    }

    /**
     * As above.
     *
     * @param remoteAddress who is at the other end; a proxy's client, if the socket's peer is a proxy
     */
    public TcpConnection(
            ConnectionOwner owner,
            HandlerTable handlers,
            ConnectionSettings settings,
            Connection connection,
            SocketAddress remoteAddress) {
        this.remoteAddress = remoteAddress;
        this.owner = owner;
        this.ownerTakesData = owner.takesData();
        this.handlers = handlers;
        this.settings = settings;
        this.connection = connection;
        this.receiving = new Receiving(connection);
        this.outbound = new Outbound(settings.send(), Mark.REPLY);
        this.inbound = new Inbound(this, receiving, settings.framing());
        this.deadlines = new Deadlines(settings.deadlines(), settings.send(), Mark.DEADLINE);
    }

    /**
     * Begins: the TLS handshake if there is one, the greeting, the receive. All are started at once, and wait for each other where
     * they have to. From the first start on packets may come, on another worker: nothing of this object is changed behind it.
     *
     * @param greeting what the handler of the accept has returned, to be sent as {@code how} says
     */
    public void begin(ReturnValue how, @Nullable Object greeting) throws ClosedChannelException {
        connection.idleTimeout(settings.idleTimeout());
        deadlines.opened(connection);
        ConnectionTls tls = settings.tls();
        if (tls == null) {
            deadlines.awaitFirstByte(connection);
        }
        LeasedBuffer first =
                greeting == null ? null : how.lease(greeting, connection.port().buffers());
        if (connection instanceof SecureConnection secure && tls != null) {
            outbound.handshake(secure, new OverlappedIO(Mark.HANDSHAKE).timeout(tls.handshakeTimeout()), first);
        } else if (first != null) {
            send(first);
        }
        if (greeting != null && !how.isBytes()) {
            connection.post(new OverlappedIO(new Greeting(how, greeting)), 0);
        }
        connection.receiveContinuously(receive);
        begun = true;
        if (shutDownAsked) {
            shutDown();
        }
    }

    // ---- packets

    @Override
    public void completed(OverlappedIO packet) throws Exception {
        try {
            perform(packet);
            through();
            deadlines.outputChanged(connection, outbound, isEnding());
            leaveIfIdle();
        } catch (TooMuchMemoryException e) {
            drop(CloseReason.OUT_OF_MEMORY, e); // a reply of the handler's own
        } catch (Exception e) {
            failed();
            throw e;
        } catch (Error e) {
            close(CloseReason.HANDLER_FAILED);
            throw e;
        }
    }

    private void perform(OverlappedIO packet) throws Exception {
        switch (packet.kind()) {
            case RECEIVE, TLS_RECEIVE -> received(packet);
            case SEND, TLS_SEND, TRANSMIT_FILE, TRANSMIT_PACKETS -> sent(packet);
            case POST -> posted(packet);
            case TLS_HANDSHAKE -> handshaken(packet);
            case READABLE -> handled(packet);
            case DISCONNECT -> disconnected(packet);
            default ->
                throw new IllegalStateException(packet.kind() + " was not started by this connection: " + connection);
        }
    }

    /**
     * A handler has failed, and nobody has dealt with it: what was sent before still leaves, since it may reply to something else.
     * Behind that the peer must not take a part of a reply for all of it, so there is no end in good order.
     */
    private void failed() {
        if (heldOpen || inbound.awaitsReply() || outbound.isEmpty()) {
            close(CloseReason.HANDLER_FAILED);
        } else {
            abrupt = true;
            closeWhenSent(CloseReason.HANDLER_FAILED);
        }
    }

    private void handshaken(OverlappedIO packet) throws Exception {
        Status status = packet.status();
        HandshakeOutcome outcome = HandshakeOutcome.of(status, packet.wireBytes());
        owner.handshakeEnded(
                outcome,
                status == Status.OK && connection instanceof SecureConnection secure ? secure.session() : null,
                System.nanoTime() - openedNanos,
                packet.failure());
        if (status == Status.OK && bytesReceived == 0) {
            deadlines.awaitFirstByte(connection);
        }
        HandlerEndpoint handler = handlers.of(OperationKind.TLS_HANDSHAKE);
        if (handler != null && (status == Status.OK || handler.seesTheEnd())) {
            run(handler, packet);
        }
        if (status != Status.OK) {
            close(
                    switch (outcome) {
                        case LEFT -> CloseReason.PEER;
                        case TIMED_OUT -> CloseReason.TLS_FAILED;
                        default -> reasonOf(status);
                    });
        }
    }

    private void received(OverlappedIO packet) throws Exception {
        // All that is read of the packet is read before the handler, which may start its own packets anew.
        Status status = packet.status();
        boolean last = packet == receive && !packet.more();
        OperationKind kind = packet.kind();
        if (status == Status.OK) {
            bytesReceived += packet.bytesTransferred();
        }
        HandlerEndpoint handler = handlers.of(kind);
        boolean stopped = handler == null && handlers.isStopped(kind);
        if (handler == null && !stopped) {
            handler = handlers.of(kind); // it may have been started in between
        }
        if (status == Status.OK) {
            if (stopped) {
                receiving.pause(PauseReason.HANDLER_STOPPED);
                inbound.hold(packet);
            } else if (handler == null && !ownerTakesData) {
                unclaimed();
            } else if (!isEnding()) {
                long frames = inbound.frames();
                inbound.received(handler, packet);
                deadlines.received(connection, bytesReceived, inbound.isPartial(), inbound.frames() > frames);
            }
        } else if (last && status == Status.EOF && reading == Reading.ENDED) {
            connection.close(); // both sides have ended
        } else if (last && status == Status.EOF) {
            inbound.ended(packet);
            return;
        } else if (handler != null && handler.seesTheEnd()) {
            run(handler, packet);
        }
        if (last) {
            close(reasonOf(status));
        }
    }

    /** The handler of what is received; null if there is none. */
    @Nullable
    HandlerEndpoint dataHandler() {
        return handlers.of(dataKind());
    }

    private OperationKind dataKind() {
        return connection instanceof SecureConnection ? OperationKind.TLS_RECEIVE : OperationKind.RECEIVE;
    }

    /** Nobody wants what was received. */
    void unclaimed() {
        owner.unclaimed(dataKind());
        close(CloseReason.APPLICATION);
    }

    /** What was received is no frame: closes, once everything sent before has left. */
    void refused(CloseReason reason, FrameException why) {
        owner.dropped(this, reason, why);
        closeWhenSent(reason);
    }

    /** The peer has ended its stream, and everything before that was handled. */
    void endOfStream(OverlappedIO packet) throws Exception {
        HandlerEndpoint handler = dataHandler();
        if (handler != null && handler.seesTheEnd()) {
            run(handler, packet);
        }
        // The peer may have closed only its sending side: it still gets what was sent back.
        closeWhenSent(CloseReason.PEER);
    }

    /** Whether further frames are of use. */
    boolean wantsMore() {
        return !isEnding() && connection.isOpen();
    }

    /** The packet is through, its handler has returned. */
    private void through() throws Exception {
        Runnable action = afterwards;
        if (action != null) {
            afterwards = null;
            action.run();
        }
        if (inbound.canGoOn() && !goesOn && connection.isOpen()) {
            goesOn = true;
            post(new OverlappedIO(Mark.GO_ON));
        }
    }

    private void post(OverlappedIO packet) {
        try {
            connection.post(packet, 0);
        } catch (ClosedChannelException | ClosedPortException e) {
            // Nothing further is handled.
        } catch (RuntimeException e) {
            close(CloseReason.SEND_FAILED); // a bound was reached: what is held back would wait for ever
        }
    }

    private static CloseReason reasonOf(Status status) {
        return switch (status) {
            case TIMED_OUT -> CloseReason.IDLE;
            case PORT_CLOSED -> CloseReason.SHUTDOWN;
            case TLS_ERROR -> CloseReason.TLS_FAILED;
            case OK, EOF, CANCELLED, HANDLE_CLOSED, TIMER_EXPIRED -> CloseReason.APPLICATION;
            case RESET,
                    ABORTED,
                    REFUSED,
                    UNREACHABLE,
                    TRUNCATED,
                    CONNECT_TIMED_OUT,
                    ADDRESS_UNAVAILABLE,
                    SHUT_DOWN,
                    RESOURCE_LIMIT,
                    FAULT,
                    IO_ERROR -> CloseReason.RESET;
        };
    }

    private void sent(OverlappedIO packet) throws Exception {
        Status status = packet.status();
        OperationKind kind = packet.kind();
        SendListener listener = packet.attachment() instanceof SendListener l ? l : null;
        boolean reply = listener != null || packet.attachment() == Mark.REPLY;
        IOException failure = listener == null ? null : packet.failure();
        if (reply) {
            outbound.sent(packet);
            CompletableFuture<@Nullable Void> waiting = writable;
            if (waiting != null && outbound.isLittle(connection.port())) {
                writable = null;
                waiting.complete(null);
            }
        }
        if (listener != null) {
            listener.ended(failure);
        }
        HandlerEndpoint handler = handlers.of(kind);
        if (handler != null) {
            run(handler, packet);
        }
        if (reply && listener == null) {
            outbound.keep(packet);
        }
        if (status != Status.OK) {
            close(
                    switch (status) {
                        case TIMED_OUT -> CloseReason.IDLE;
                        case TLS_ERROR -> CloseReason.TLS_FAILED;
                        default -> CloseReason.SEND_FAILED;
                    });
        } else if (isFinished()) {
            finish();
        } else if (receiving.isPaused(PauseReason.OUTBOUND)) {
            resumeReading();
        }
    }

    private void posted(OverlappedIO packet) throws Exception {
        switch (packet.attachment()) {
            case Mark.DRAIN -> {
                if (begun) {
                    tellDrain(); // else SHUT_DOWN does, which follows
                }
            }
            case Mark.SHUT_DOWN -> shutDownOnceBegun();
            case Mark.LINGER -> connection.close();
            case Mark.DEADLINE -> deadlineCame();
            case Mark.CLOSED -> tellClosed();
            case Mark.HANDLERS_CHANGED -> {
                if (!handlers.isStopped(dataKind())) {
                    receiving.resume(PauseReason.HANDLER_STOPPED); // what was kept meanwhile follows: see through()
                }
            }
            case Mark.GO_ON -> {
                goesOn = false;
                long frames = inbound.frames();
                inbound.goOn(packet);
                framesChanged(frames);
            }
            case PendingReply reply -> {
                long frames = inbound.frames();
                inbound.replied(reply, packet);
                framesChanged(frames);
                if (isFinished()) {
                    finish();
                }
            }
            case Greeting greeting -> greeting.how().send(greeting.value(), this);
            case null, default -> handled(packet);
        }
    }

    /** What was held back has gone to its handler; the part of a frame that may be left is the peer's to end in time. */
    private void framesChanged(long before) {
        if (connection.isOpen() && !isEnding()) {
            deadlines.received(connection, bytesReceived, inbound.isPartial(), inbound.frames() > before);
        }
    }

    private void tellDrain() {
        HandlerEndpoint handler = handlers.of(ConnectionEvent.DRAIN);
        if (handler != null && !drainTold && connection.isOpen()) {
            drainTold = true;
            handler.tell(this, ConnectionEvent.DRAIN);
        }
    }

    private void deadlineCame() {
        if (!connection.isOpen()) {
            return;
        }
        CloseReason broken = deadlines.fired(connection, bytesReceived, receiving.isPaused(), outbound);
        if (broken == CloseReason.MAX_AGE) {
            leave(broken);
        } else if (broken != null) {
            drop(broken, null);
        }
    }

    private void tellClosed() {
        HandlerEndpoint handler = handlers.of(ConnectionEvent.CLOSED);
        if (handler != null) {
            handler.tell(this, ConnectionEvent.CLOSED);
        }
    }

    /** What the application has started itself is its handler's business alone. */
    private void handled(OverlappedIO packet) throws Exception {
        HandlerEndpoint handler = handlers.of(packet.kind());
        if (handler == null) {
            owner.unclaimed(packet.kind());
        } else {
            run(handler, packet);
        }
    }

    private void run(HandlerEndpoint handler, OverlappedIO packet) throws Exception {
        handler.handle(this, packet);
    }

    /** Whether somebody else than a handler may want what is received. */
    boolean ownerTakesData() {
        return ownerTakesData;
    }

    /**
     * Calls the handler of what is received, with a packet's data or one frame.
     *
     * @param handler null if there is none
     */
    void call(@Nullable HandlerEndpoint handler, OverlappedIO packet) throws Exception {
        if (ownerTakesData && owner.taken(this, packet)) {
            return;
        }
        if (handler == null) {
            unclaimed();
            return;
        }
        run(handler, packet);
        if (reading == Reading.ON
                && outbound.isTooMuch(connection.port())
                && !receiving.isPaused(PauseReason.OUTBOUND)) {
            receiving.pause(PauseReason.OUTBOUND);
            owner.readerSlow(this);
        }
        if (handlers.isStopped(dataKind())) {
            receiving.pause(PauseReason.HANDLER_STOPPED); // what follows waits until it is started
        }
    }

    /** Handlers were started or stopped. Thread: any. */
    public void handlersChanged() {
        try {
            connection.post(new OverlappedIO(Mark.HANDLERS_CHANGED), 0);
        } catch (ClosedChannelException e) {
            // Nothing further is handled.
        } catch (IllegalStateException e) {
            // Not associated yet: it sees the handlers as they are with the first that it receives. Or the port is
            // closed.
        } catch (RuntimeException e) {
            close(CloseReason.SEND_FAILED); // a bound was reached: what is held back would wait for ever
        }
    }

    private void resumeReading() {
        if (outbound.isLittle(connection.port())) {
            receiving.resume(PauseReason.OUTBOUND);
        }
    }

    // ---- replies

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public ConnectionInfo info() {
        return this;
    }

    @Override
    public ByteBuffer data(OverlappedIO packet) {
        return inbound.data(packet);
    }

    @Override
    public @Nullable Object frame() {
        return inbound.frame();
    }

    @Override
    public @Nullable CloseReason closeReason() {
        return closeReason;
    }

    @Override
    public void sendWhenComplete(CompletionStage<?> stage, ReturnValue how) {
        inbound.sendWhenComplete(stage, how);
    }

    @Override
    public CompletionStage<@Nullable Void> whenWritable() {
        if (!outbound.isTooMuch(connection.port())) {
            return WRITABLE;
        }
        CompletableFuture<@Nullable Void> waiting = writable;
        if (waiting == null) {
            waiting = new CompletableFuture<>();
            writable = waiting;
            if (!connection.isOpen()) {
                // closed() may have looked before this one was there; if not it will.
                waiting.completeExceptionally(new ClosedChannelException());
            }
        }
        return waiting;
    }

    @Override
    public void send(ByteBuffer data) {
        orClose(outbound.send(connection, data));
    }

    @Override
    public void send(byte[] data) {
        send(ByteBuffer.wrap(data));
    }

    @Override
    public void send(String text) {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void send(LeasedBuffer data) {
        orClose(outbound.send(connection, data));
    }

    /**
     * Sends in order with the replies, and counts as they do. A send that fails closes the connection.
     *
     * @param data becomes the library's, whatever happens
     * @param listener may be told before this returns
     */
    public void send(LeasedBuffer data, SendListener listener) {
        if (data.length() == 0) {
            data.release();
            listener.ended(null);
            return;
        }
        Exception failure = outbound.send(connection, data, listener);
        if (failure != null) {
            orClose(failure);
            listener.ended(failure instanceof IOException io ? io : new IOException(failure));
        }
    }

    @Override
    public void transmitFile(TransmitFileRequest request) {
        orClose(outbound.transmitFile(connection, request));
    }

    /** A reply that cannot be sent is lost, and so the connection is of no use. */
    private void orClose(@Nullable Exception failure) {
        if (failure instanceof TooMuchMemoryException) {
            drop(CloseReason.OUT_OF_MEMORY, failure);
        } else if (failure != null && connection.isOpen()) { // else it was closed for a reason of its own
            close(CloseReason.SEND_FAILED);
        }
    }

    private void drop(CloseReason reason, @Nullable Exception why) {
        owner.dropped(this, reason, why);
        close(reason);
    }

    @Override
    public void pauseReceiving() {
        receiving.pause(PauseReason.APPLICATION);
    }

    @Override
    public void resumeReceiving() {
        receiving.resume(PauseReason.APPLICATION);
    }

    @Override
    public void afterFrames(Runnable action) {
        afterwards = action;
    }

    @Override
    public void closeWhenSent() {
        closeWhenSent(CloseReason.APPLICATION);
    }

    @Override
    public void closeWhenSent(CloseReason reason) {
        if (!isEnding()) {
            reading = Reading.ENDING;
            inbound.drop();
        }
        because(reason);
        if (isFinished()) {
            finish();
        }
    }

    @Override
    public void holdOpen(boolean hold) {
        heldOpen = hold;
        if (isFinished()) {
            finish();
        }
    }

    private boolean isEnding() {
        return reading == Reading.ENDING || reading == Reading.ENDED;
    }

    /** Nothing more is wanted, and all that was promised has left. */
    private boolean isFinished() {
        return reading == Reading.ENDING && outbound.isEmpty() && !heldOpen && !inbound.awaitsReply();
    }

    // ---- the end

    /**
     * Whoever drains a server finds its connections in a list that they are in before they have begun, on the worker of the listener:
     * until that is over nothing here may be touched. One of the two sees what the other has written, so it is shut down by this
     * packet or by one that {@link #begin} has posted behind it.
     */
    private void shutDownOnceBegun() {
        shutDownAsked = true;
        if (begun) {
            leave(CloseReason.SHUTDOWN);
        }
    }

    /**
     * Ends it in good order, because this side wants that: the frame that it is in the middle of is awaited and answered, and the
     * peer loses nothing that was sent to it.
     */
    private void leave(CloseReason reason) {
        tellDrain();
        leaving = reason;
        leaveIfIdle();
    }

    private void leaveIfIdle() {
        CloseReason reason = leaving;
        if (reason != null && !inbound.isBusy()) {
            leaving = null;
            lingers = true;
            closeWhenSent(reason);
        }
    }

    /**
     * Closes. With TLS the peer must be able to read that this was all, or what it has got might have been cut off by somebody: a
     * close sends the close_notify only if there is room for it at once, and behind a long reply there is none. And if the peer
     * may be sending, a close would reset the connection, and the peer lose what it has not read yet: then the output is ended,
     * and the connection closed when the peer ends its own, or has had some time for it.
     */
    private void finish() {
        reading = Reading.ENDED;
        boolean secured = connection instanceof SecureConnection secure && secure.session() != null;
        if (!abrupt && (secured || lingers)) {
            try {
                connection.disconnect(
                        new OverlappedIO(Mark.GOOD_BYE).timeout(GOOD_BYE_TIMEOUT), DisconnectMode.GRACEFUL);
                return;
            } catch (ClosedChannelException | RuntimeException e) {
                // Closed meanwhile, or a bound was reached.
            }
        }
        connection.close();
    }

    private void disconnected(OverlappedIO packet) throws Exception {
        if (packet.attachment() == Mark.RESET) {
            connection.close();
        } else if (packet.attachment() != Mark.GOOD_BYE) {
            handled(packet);
        } else if (!lingers || packet.status() != Status.OK || !later(Mark.LINGER, LINGER)) {
            connection.close();
        } else {
            connection.resumeReceiving(); // whatever it was paused for: what comes is dropped
        }
    }

    /** Posts to the connection; false if nothing can be posted any more. */
    private boolean later(Mark mark, Duration delay) {
        try {
            connection.port().postDelayed(new OverlappedIO(mark), null, delay, connection);
            return true;
        } catch (RuntimeException e) {
            return false; // closed
        }
    }

    /** As {@link #shutDown(Duration)}, now. Thread: any. */
    public void shutDown() {
        shutDown(Duration.ZERO);
    }

    /**
     * Has the connection closed once its handler has returned and what was sent back has left. Thread: any.
     *
     * @param delay until this begins; the connection goes on as before in the meantime
     */
    public void shutDown(Duration delay) {
        try {
            if (delay.isZero()) {
                connection.post(new OverlappedIO(Mark.SHUT_DOWN), 0);
            } else {
                connection.post(new OverlappedIO(Mark.DRAIN), 0);
                connection.port().postDelayed(new OverlappedIO(Mark.SHUT_DOWN), null, delay, connection);
            }
        } catch (IOException e) {
            // Closed already.
        } catch (IllegalStateException e) {
            // Not associated yet: whoever accepted it looks at the server's state afterwards. Or the port is closed.
        } catch (RuntimeException e) {
            close(CloseReason.SHUTDOWN);
        }
    }

    /** Closes at once, so that the peer sees a reset and not the end of the stream. Thread: any. */
    public void reset(CloseReason reason) {
        because(reason);
        try {
            connection.disconnect(new OverlappedIO(Mark.RESET), DisconnectMode.ABORT);
        } catch (IOException | RuntimeException e) {
            connection.close(); // it is closed already, not associated, or there is no room for this
        }
    }

    /** Closes at once. Thread: any. */
    public void abort(CloseReason reason) {
        close(reason);
    }

    @Override
    public void close(CloseReason reason) {
        because(reason);
        connection.close();
    }

    private void because(CloseReason reason) {
        if (closeReason == null) {
            closeReason = reason;
        }
    }

    @Override
    public void closed(Handle handle, Status reason) {
        inbound.closed();
        because(reasonOf(reason));
        CloseReason known = closeReason;
        CompletableFuture<@Nullable Void> waiting = writable;
        if (waiting != null) {
            waiting.completeExceptionally(new ClosedChannelException());
        }
        owner.closed(this, known != null ? known : CloseReason.APPLICATION);
    }

    @Override
    public @Nullable OverlappedIO lastPacket(Handle handle) {
        return handlers.of(ConnectionEvent.CLOSED) == null ? null : new OverlappedIO(Mark.CLOSED);
    }

    // ---- for the workers and listeners of the port

    @Override
    public boolean blocks(OverlappedIO packet) {
        Object attachment = packet.attachment();
        HandlerEndpoint handler;
        if (attachment == Mark.LINGER) {
            return false;
        }
        if (attachment == Mark.SHUT_DOWN || attachment == Mark.DRAIN || attachment == Mark.DEADLINE) {
            handler = handlers.of(ConnectionEvent.DRAIN);
        } else if (attachment == Mark.CLOSED) {
            handler = handlers.of(ConnectionEvent.CLOSED);
        } else if (attachment == Mark.GO_ON || attachment instanceof PendingReply) {
            handler = dataHandler(); // it may get what was held back
        } else {
            handler = handlers.of(packet.kind());
        }
        return handler != null && handler.blocking();
    }

    @Override
    public @Nullable HandlerEndpoint route(OperationKind kind, @Nullable Object key) {
        return handlers.of(kind);
    }

    @Override
    public @Nullable String server() {
        return owner.isServer() ? owner.name() : null;
    }

    // ---- facts

    /** A snapshot. Thread: any. */
    public ConnectionView view() {
        return ConnectionView.of(this);
    }

    @Override
    public long id() {
        return connection.id();
    }

    @Override
    public String owner() {
        return owner.name();
    }

    @Override
    public SocketAddress remoteAddress() {
        return remoteAddress;
    }

    @Override
    public SocketAddress transportAddress() {
        return connection.remoteAddress();
    }

    @Override
    public Instant openedAt() {
        return openedAt;
    }

    @Override
    public long bytesReceived() {
        return bytesReceived;
    }

    @Override
    public long bytesSent() {
        return outbound.bytesSent();
    }

    @Override
    public long pendingBytes() {
        return outbound.pendingBytes();
    }

    /** Memory for what was received and no handler could have yet: a part of a frame, and what waits for a reply. */
    public int keptBytes() {
        return inbound.keptBytes();
    }

    @Override
    public String state() {
        return reading == Reading.ON && receiving.isPaused()
                ? "paused"
                : reading.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public @Nullable Object key() {
        return connection.key();
    }

    @Override
    public String toString() {
        return owner.name() + " " + connection;
    }
}
