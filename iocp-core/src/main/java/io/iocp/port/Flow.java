package io.iocp.port;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.EngineLoop;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Connect;
import io.iocp.operation.Disconnect;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Connection;
import io.iocp.operation.Endpoint.Direction;
import io.iocp.operation.Endpoint.Lifecycle;
import io.iocp.operation.FileOperation;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OpenFile;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import io.iocp.operation.Stream;
import io.iocp.operation.Transmit;
import io.iocp.port.Counters.Count;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The operations of one shard, from the moment that the holder takes them until their packets are ready: one at a time for
 * each direction with the engine, credit for continuous ones, and how each ends when it is cancelled or its endpoint closes.
 *
 * <p>Thread: shard holder. Never runs user code: it makes packets ready, and {@link Shard} runs them.
 *
 * <p>Next: {@link Delivery#runReady}.
 */
final class Flow implements CompletionSink {
    /*
     * Ownership. From take() until a packet is ready an operation is in exactly one place: its direction's current
     * (the engine has it, or it waits there to be armed again), or its direction's FIFO. Only the engine's
     * completed() or an end that finds the operation disarmed moves it on, so there is one packet however cancel,
     * close and completion race: whichever comes second finds the operation no longer there. What the engine has is
     * never completed here; it is only asked to cancel, and its answer counts. A cancel names the endpoint that it
     * means, because the operation may be another shard's by the time that it is looked at.
     *
     * Timeout. The timer is a cancel like any other: it moves the operation to CANCELLING, and the operation's own end
     * decides what the packet says. If it moved it there first, an end as cancelled is called TIMED_OUT. The timer is
     * disarmed before the packet is ready, because it is the shard's and the operation then no longer.
     *
     * Files. All but appends go to the engine at once and are in their file's list until it reports them; none waits for
     * another, so an end needs no more than to ask the engine to cancel what is in that list.
     *
     * Close. beginClose() cancels what the engine has and lets next() end what waits. The descriptor is closed when
     * it has run, both directions have no current operation and a file's list is empty, that is, when the kernel holds nothing of it. The
     * lifecycle alone does not say so: the caller of close() moves it first, and beginClose() comes later, through
     * the inbox. Cancelling is by operation, never by descriptor, so a number that is reused at once cannot be hit.
     */

    private static final long ACCEPT_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** How far the end of the shard has come; only ever moves down this list. */
    enum Stage {
        OPEN,
        /** Receives and accepts are cancelled; sends go on. */
        DRAINING,
        /** Everything is cancelled. */
        CLOSING
    }

    private final Shard shard;
    private final PortSettings settings;
    private final TimerWheel timers;
    private final DelayedPosts delayedPosts;
    private final ReadyQueue ready;
    private final LongSupplier clock;
    private final InFlight inFlight = new InFlight();
    private final FirstData firstData;
    private final Disconnecting disconnecting;
    private final Handshaking handshaking = new Handshaking(this);
    private final Transmitting transmitting = new Transmitting(this);
    private final List<Endpoint> endpoints = new ArrayList<>();
    private EngineLoop loop;
    private Counters counters = new Counters();
    private Stage stage = Stage.OPEN;
    private int closingEndpoints;

    /** Endpoints that a floor of the engine has a request of its own on. */
    private int busyEndpoints;

    /** Buffers of zero-copy sends that have ended whose owners were not told yet that they have them back. */
    private int lent;

    private long nowNanos;

    @SuppressWarnings("NullAway.Init") // the loop needs its sink first: see connect()
    Flow(
            Shard shard,
            PortSettings settings,
            TimerWheel timers,
            DelayedPosts delayedPosts,
            ReadyQueue ready,
            LongSupplier clock) {
        this.shard = shard;
        this.settings = settings;
        this.timers = timers;
        this.delayedPosts = delayedPosts;
        this.ready = ready;
        this.clock = clock;
        this.firstData = new FirstData(this, timers);
        this.disconnecting = new Disconnecting(this, timers);
    }

    /** What timers go by. */
    long nanoTime() {
        return clock.getAsLong();
    }

    void connect(EngineLoop engineLoop) {
        loop = engineLoop;
    }

    EngineLoop loop() {
        return loop;
    }

    void holder(Counters ofHolder) {
        counters = ofHolder;
    }

    void count(Count what, long amount) {
        counters.count(what, amount);
    }

    /** A new round of the holder's loop: the time is read again when somebody asks for it. */
    void newTurn() {
        nowNanos = 0;
    }

    private long now() {
        if (nowNanos == 0) {
            nowNanos = clock.getAsLong();
        }
        return nowNanos;
    }

    /** Taken and not yet handed over. Thread: any reads it. */
    InFlight inFlight() {
        return inFlight;
    }

    Stage stage() {
        return stage;
    }

    /** Nothing is in flight, nothing waits for a timer, the kernel reads no memory, and no endpoint is still closing. */
    boolean isEmpty() {
        return inFlight.total() == 0
                && lent == 0
                && delayedPosts.isEmpty()
                && closingEndpoints == 0
                && busyEndpoints == 0;
    }

    // ---- taking operations

    void attach(Endpoint endpoint) {
        endpoint.shardIndex = endpoints.size();
        endpoints.add(endpoint);
        if (stage == Stage.CLOSING && settings.closeHandles()) {
            closeIfOpen(endpoint, Status.PORT_CLOSED);
        }
    }

    /** Takes a started operation: from now on it is this shard's, and it will end in exactly one terminal packet. */
    void take(Operation operation) {
        inFlight.add(operation.kind(), 1);
        counters.started(operation.kind());
        if (operation instanceof Post post) {
            post.complete();
            addReady(post);
            return;
        }
        Endpoint endpoint = endpointOf(operation);
        install(endpoint);
        Direction direction = directionOf(operation);
        direction.unfinished++;
        operation.sequence = direction.nextSequence();
        if (operation instanceof Handshake) {
            endpoint.secured();
        }
        Stream stream = operation.stream();
        if (stream != null) {
            stream.reset();
        }
        if (operation.isCompleted()) {
            addReady(operation); // it has failed at once: see endAtOnce()
            return;
        }
        if (operation instanceof Accept accept && accept.target != null) {
            cancelIfClosed(accept, accept.target);
        }
        if (operation.isCancelling()) {
            // The cancel overtook it: it asked for what was not here yet.
            makeReady(operation, cancelled(operation), operation.bytes, 0);
            return;
        }
        if (operation instanceof Disconnect disconnect && disconnect.mode == DisconnectMode.ABORT) {
            abort(endpoint, disconnect);
            return;
        }
        if (operation.timeoutNanos() > 0) {
            OperationTimer.arm(operation, this, timers);
        }
        if (operation instanceof FileOperation file && !file.isInOrder()) {
            beginAtOnce(endpoint, file);
            return;
        }
        queue(endpoint, direction, operation);
        if (operation instanceof Handshake handshake && !handshake.isCompleted()) {
            queue(endpoint, endpoint.output, handshaking.turn(endpoint, handshake));
        }
    }

    /**
     * Who closes the target of an accept cancels the accept, but cannot before it is started. The close moves the lifecycle,
     * then looks at the accept's state; here it is the other way round, with a fence between: one of the two sees the other.
     */
    private static void cancelIfClosed(Accept accept, Endpoint target) {
        VarHandle.fullFence();
        if (target.isClosing()) {
            accept.requestCancel();
        }
    }

    private void queue(Endpoint endpoint, Direction direction, Operation operation) {
        Operation current = direction.current;
        if (current == null) {
            begin(endpoint, direction, operation);
            return;
        }
        direction.add(operation);
        if (current.stream() != null) {
            // What comes behind a continuous operation ends it; what it has stashed is delivered first.
            end(current, Status.CANCELLED);
        }
    }

    /** Before anything is done with an endpoint: an accept may have put a connection in it. */
    private void install(Endpoint endpoint) {
        Endpoint incoming = endpoint.takeIncoming();
        if (incoming != null) {
            loop.install(endpoint, incoming);
        }
    }

    /**
     * Tries to end a started operation before it is taken. Not while a packet of the same direction is still to come: then
     * this operation's bytes would be seen before those that came first.
     *
     * @return true if it has ended well, and belongs to its owner again: there is no packet. If not it is to be taken, also if
     *     it has ended
     */
    boolean endAtOnce(Operation operation) {
        Endpoint endpoint = endpointOf(operation);
        install(endpoint);
        Direction direction = directionOf(operation);
        if (operation instanceof FileOperation || operation instanceof Transmit) {
            return false; // a file may keep its caller waiting
        }
        // A part is current and has no packet to come: the drain of a connection that is being recycled.
        if (direction.unfinished > 0
                || direction.current != null
                || direction.latched() != null
                || hasLostTls(endpoint, operation)
                || !mayGoOn(endpoint, operation)) {
            return false;
        }
        Status tried = loop.attempt(operation);
        if (tried == null) {
            return false;
        }
        note(endpoint, operation, operation.bytes);
        if (tried == Status.OK && operation instanceof Receive receive && receive.goesOn(operation.bytes)) {
            operation.bytes = 0; // they are booked: it counts on from there
            return false;
        }
        operation.status = latch(endpoint, operation, tried, operation.nativeError());
        operation.settle();
        lookForMore(operation);
        operation.complete();
        giveBackBuffer(operation);
        if (operation.status != Status.OK && operation.status != Status.EOF) {
            return false;
        }
        operation.sequence = direction.nextSequence();
        counters.started(operation.kind());
        counters.completed(operation.kind(), operation.status);
        operation.deliver();
        return true;
    }

    /** Takes an operation that came when the shard had given up waiting: it ends without having been anywhere. */
    void takeAtEnd(Operation operation) {
        inFlight.add(operation.kind(), 1);
        counters.started(operation.kind());
        if (operation.endpoint != null && !(operation instanceof Post)) {
            directionOf(operation).unfinished++;
        }
        makeReady(operation, Status.PORT_CLOSED, 0, 0);
    }

    /** Ends what waits behind operations that the engine has not let go of in time. */
    void endWaiting() {
        for (Endpoint endpoint : endpoints) {
            endWaiting(endpoint.input);
            endWaiting(endpoint.output);
            part(endpoint);
        }
    }

    private void endWaiting(Direction direction) {
        for (Operation waiting = direction.poll(); waiting != null; waiting = direction.poll()) {
            if (waiting.partOf() instanceof Handshake) {
                continue; // which waits in the input, or has been ended there
            }
            if (waiting.partOf() instanceof Disconnect whole) {
                Operation outer = whole.partOf();
                Operation ended = outer == null ? whole : outer; // a part has no packet
                makeReady(ended, Status.PORT_CLOSED, ended.bytes, 0);
            } else {
                makeReady(waiting, Status.PORT_CLOSED, 0, 0);
            }
        }
    }

    /** Gives an operation whose turn it is to the engine, or ends it at once. */
    private void begin(Endpoint endpoint, Direction direction, Operation operation) {
        if (operation.partOf() instanceof Disconnect disconnect) {
            direction.current = operation;
            disconnecting.receive(endpoint, disconnect, (Receive) operation);
            return;
        }
        if (operation.partOf() instanceof Handshake handshake) {
            Status ended = direction.latched();
            if (ended == null) {
                direction.current = operation;
                handshaking.submitIfBothTurns(endpoint, handshake);
            } else {
                handshake.cause(direction.latchedCause());
                endEarly(handshake, ended);
            }
            return;
        }
        Status latched = direction.latched();
        Status over = endStatus(endpoint, operation);
        if (over == null && !hasPeer(endpoint) && !(operation instanceof Connect)) {
            over = Status.ABORTED; // it was started before the connection was recycled, and waited
        }
        if (over == null && !operation.isOutput()) {
            over = Disconnecting.wayCleared(endpoint); // nobody would cancel it any more
        }
        if (over != null) {
            makeReady(operation, over, operation.bytes, 0); // what an attempt has sent already
        } else if (operation instanceof Disconnect disconnect) {
            beginDisconnect(endpoint, direction, disconnect);
        } else if (latched != null) {
            operation.cause(direction.latchedCause());
            makeReady(operation, latched, 0, direction.latchedError());
        } else if (hasLostTls(endpoint, operation)) {
            makeReady(operation, Status.ABORTED, 0, 0);
        } else if (!operation.submitted()) {
            makeReady(operation, cancelled(operation), operation.bytes, 0);
        } else {
            direction.current = operation;
            Stream stream = operation.stream();
            if (operation instanceof Transmit transmit) {
                beginTransmit(endpoint, direction, transmit);
            } else if (operation instanceof Handshake handshake) {
                handshaking.submitIfBothTurns(endpoint, handshake);
            } else if (stream == null) {
                arm(operation);
            } else if (direction.hasWaiting()) {
                end(operation, Status.CANCELLED); // what came behind it has ended it before its turn
            } else {
                rearmIfRoom(stream); // receiving may be paused
            }
        }
    }

    /**
     * Whether it was started on a secure connection, and this is another one of the same handle (its start took its time, and the
     * handle was recycled meanwhile): its text must not go out as it is.
     */
    private static boolean hasLostTls(Endpoint endpoint, Operation operation) {
        return operation.secure && endpoint.tls() == null && !(operation instanceof Connect);
    }

    /** Gives an operation to the engine that waits for no other. */
    private void beginAtOnce(Endpoint endpoint, FileOperation operation) {
        Status over = endStatus(endpoint, operation);
        if (over != null) {
            makeReady(operation, over, 0, 0);
        } else if (!operation.submitted()) {
            makeReady(operation, Status.CANCELLED, operation.bytes, 0);
        } else {
            fileOf(endpoint).inEngine.add(operation);
            loop.submit(operation);
        }
    }

    private static boolean hasPeer(Endpoint endpoint) {
        return endpoint.isConnected() || endpoint.connection() == Endpoint.Connection.LEAVING;
    }

    private void beginTransmit(Endpoint endpoint, Direction direction, Transmit transmit) {
        Status over = transmitting.proceed(endpoint, transmit);
        if (over == Status.OK && transmit.recycles) {
            recycleBehind(endpoint, transmit);
        } else if (over != null) {
            direction.current = null;
            endTransmit(endpoint, transmit, over, 0);
        }
    }

    private void transmitted(Transmit transmit, Operation part, Status status, long bytes, int nativeError) {
        Endpoint connection = endpointOf(transmit);
        transmit.cause(part.cause()); // before the latch, so that what follows says the same
        if (part instanceof FileOperation) {
            counters.count(Count.BYTES_READ, bytes);
        } else {
            note(connection, transmit, bytes);
            if (part instanceof Send
                    || (part instanceof SendFile && (status == Status.RESET || status == Status.ABORTED))) {
                latch(connection, transmit, status, nativeError); // else it is the file's
            }
        }
        transmit.addWireBytes(part.wireBytes());
        Status over = transmitting.completed(connection, transmit, part, status, bytes);
        if (over == Status.OK && transmit.recycles) {
            recycleBehind(connection, transmit);
        } else if (over != null) {
            endTransmit(connection, transmit, over, nativeError);
            next(connection, connection.output);
        }
    }

    /** All is sent, and the transmit stays the output's current operation until the connection is recycled. */
    private void recycleBehind(Endpoint connection, Transmit transmit) {
        disconnecting.endOutput(connection);
        disconnecting.drain(connection, transmit);
    }

    private void endTransmit(Endpoint connection, Transmit transmit, Status status, int nativeError) {
        if (status == Status.OK && transmit.disconnects) {
            disconnecting.endOutput(connection);
        }
        if (status == Status.OK && transmit.disconnects && partsLater(connection, transmit)) {
            return;
        }
        makeReady(transmit, ended(connection, transmit, status), transmit.bytes, nativeError);
    }

    /** What ends the output has ended when that is flushed: of a secure connection, when its last record is sent. */
    private static boolean partsLater(Endpoint endpoint, Operation operation) {
        if (!endpoint.engineBusy) {
            return false;
        }
        List<Operation> parting = endpoint.parting();
        if (parting == null) {
            parting = new ArrayList<>(1);
            endpoint.parting(parting);
        }
        parting.add(operation);
        return true;
    }

    /** Takes an operation from those that wait for the end of the output to be flushed; false if it does not. */
    private static boolean takesLeave(Endpoint endpoint, Operation operation) {
        List<Operation> parting = endpoint.parting();
        return parting != null && parting.remove(operation);
    }

    /** What waited for the end of the output to be flushed is done, or as done as it gets. */
    private void part(Endpoint endpoint) {
        List<Operation> parting = endpoint.parting();
        if (parting != null) {
            endpoint.parting(null);
            for (Operation operation : parting) {
                Status over = endStatus(endpoint, operation);
                makeReady(operation, over == null ? Status.OK : over, operation.bytes, 0);
            }
        }
    }

    private void beginDisconnect(Endpoint endpoint, Direction direction, Disconnect disconnect) {
        if (!disconnect.submitted()) {
            makeReady(disconnect, cancelled(disconnect), 0, 0);
        } else if (disconnecting.beginsAndEnds(endpoint, disconnect)) {
            disconnect.bytes = 0;
            if (!partsLater(endpoint, disconnect)) {
                makeReady(disconnect, Status.OK, 0, 0);
            }
        } else {
            direction.current = disconnect;
            disconnecting.drain(endpoint, disconnect);
        }
    }

    private void arm(Operation operation) {
        Stream stream = operation.stream();
        if (stream != null) {
            stream.armed = true;
        }
        loop.submit(operation);
    }

    /** The direction is free: the next operation that waits gets its turn. */
    private void next(Endpoint endpoint, Direction direction) {
        free(endpoint, direction);
        if (endpoint.outputEnding && endpoint.output.current == null) {
            finishOutput(endpoint);
        }
        closeIfQuiet(endpoint);
    }

    /** As {@link #next}, by somebody who frees the other direction right afterwards. */
    void free(Endpoint endpoint, Direction direction) {
        direction.current = null;
        while (direction.current == null) {
            Operation waiting = direction.poll();
            if (waiting == null) {
                break;
            }
            begin(endpoint, direction, waiting);
        }
    }

    /** How an operation ends that may not go on, null if it may. */
    @Nullable
    private Status endStatus(Endpoint endpoint, Operation operation) {
        if (endpoint.isClosing()) {
            return endpoint.closeStatus;
        }
        if (stage == Stage.CLOSING || (stage == Stage.DRAINING && !endsByItself(operation))) {
            return Status.PORT_CLOSED;
        }
        return null;
    }

    /** What may finish while the port is drained: it waits for no peer to begin something. */
    private static boolean endsByItself(Operation operation) {
        return operation.isOutput() || operation instanceof FileOperation;
    }

    // ---- what the engine reports

    @Override
    public void completed(Operation operation, Status status, long bytes, int nativeError) {
        Operation whole = operation.partOf();
        if (whole instanceof Transmit transmit) {
            transmitted(transmit, operation, status, bytes, nativeError);
            return;
        }
        Endpoint endpoint = endpointOf(operation);
        if (operation instanceof FileOperation file) {
            completed(endpoint, file, status, bytes, nativeError);
            return;
        }
        note(endpoint, operation, bytes);
        if (whole != null) {
            partCompleted(whole, operation, status, bytes, nativeError);
            return;
        }
        if (operation instanceof Connect connect) {
            connected(endpoint, connect, status, nativeError);
            return;
        }
        if (operation instanceof Handshake handshake) {
            makeReady(handshake, ended(endpoint, handshake, status), 0, nativeError);
            next(endpoint, endpoint.input);
            return;
        }
        Status seen = latch(endpoint, operation, status, nativeError);
        Stream stream = operation.stream();
        if (stream != null) {
            stopped(endpoint, stream, seen, nativeError);
        } else if (operation instanceof Receive receive) {
            received(endpoint, receive, seen, bytes, nativeError);
        } else if (seen == Status.RESOURCE_LIMIT && operation instanceof Accept accept && mayGoOn(endpoint, accept)) {
            defer(accept);
        } else if (operation instanceof Accept accept) {
            accepted(endpoint, accept, seen, nativeError);
        } else {
            makeReady(operation, ended(endpoint, operation, seen), bytes, nativeError);
            next(endpoint, directionOf(operation));
        }
    }

    /** A receive that is to fill the caller's memory goes on until it has, or nothing more comes. */
    private void received(Endpoint endpoint, Receive receive, Status seen, long bytes, int nativeError) {
        if (seen == Status.OK && receive.goesOn(bytes)) {
            if (mayGoOn(endpoint, receive)) {
                arm(receive);
                return;
            }
            makeReady(receive, ended(endpoint, receive, Status.CANCELLED), 0, 0);
        } else if (seen == Status.EOF && receive.isPartlyFilled()) {
            makeReady(receive, Status.OK, 0, 0); // the next receive is told of the end
        } else {
            makeReady(receive, ended(endpoint, receive, seen), bytes, nativeError);
        }
        next(endpoint, endpoint.input);
    }

    private void completed(Endpoint endpoint, FileOperation operation, Status status, long bytes, int nativeError) {
        if (bytes > 0) {
            counters.count(operation.isOutput() ? Count.BYTES_WRITTEN : Count.BYTES_READ, bytes);
        }
        boolean inOrder = operation.isInOrder(); // asked first: once its packet is ready it is somebody else's
        if (!inOrder) {
            fileOf(endpoint).inEngine.remove(operation);
        }
        makeReady(operation, ended(endpoint, operation, status), bytes, nativeError);
        if (inOrder) {
            next(endpoint, endpoint.output);
        } else {
            closeIfQuiet(endpoint);
        }
    }

    // ---- operations made of several

    /** The engine is done with a part: how the whole goes on. */
    private void partCompleted(Operation whole, Operation part, Status status, long bytes, int nativeError) {
        switch (whole) {
            case Accept accept -> {
                accept.part(null);
                firstData.received(accept, (Receive) part, status, bytes);
            }
            case Connect connect -> {
                connect.part(null);
                Endpoint endpoint = endpointOf(connect);
                Status seen = latch(endpoint, part, status, nativeError);
                makeReady(connect, ended(endpoint, connect, seen), bytes, nativeError);
                next(endpoint, endpoint.output);
            }
            case Disconnect disconnect ->
                disconnecting.drained(endpointOf(disconnect), disconnect, (Receive) part, status, bytes);
            default -> throw new AssertionError("has no parts: " + whole.kind());
        }
    }

    private void connected(Endpoint endpoint, Connect connect, Status status, int nativeError) {
        Send data = connect.data;
        if (status == Status.OK && data != null && !mayGoOn(endpoint, connect)) {
            // Cancelled between the two: as if the connect had been.
            loop.closeDescriptor(endpoint);
            makeReady(connect, ended(endpoint, connect, Status.CANCELLED), 0, 0);
        } else if (status == Status.OK) {
            endpoint.move(Connection.CLAIMED, Connection.CONNECTED);
            if (data != null) {
                data.beginPart(connect, endpoint);
                loop.submit(data);
                return;
            }
            makeReady(connect, Status.OK, 0, 0);
        } else {
            makeReady(connect, ended(endpoint, connect, status), 0, nativeError);
        }
        next(endpoint, endpoint.output);
    }

    /** A single accept has its connection, or none. */
    private void accepted(Endpoint listener, Accept accept, Status status, int nativeError) {
        Endpoint connection = accept.accepted;
        Receive first = accept.firstData;
        if (status != Status.OK || connection == null) {
            makeReady(accept, ended(listener, accept, status), 0, nativeError);
        } else if (first == null) {
            acceptEnded(accept, connection, Status.OK, 0);
            return;
        } else if (mayGoOn(listener, accept)) {
            firstData.await(accept, first, connection);
        } else {
            accept.accepted = null;
            discard(connection);
            makeReady(accept, ended(listener, accept, Status.CANCELLED), 0, 0);
        }
        next(listener, listener.input);
    }

    /**
     * An accept is over.
     *
     * @param connection null if it has none
     */
    void acceptEnded(Accept accept, @Nullable Endpoint connection, Status status, long bytes) {
        Endpoint listener = endpointOf(accept);
        Endpoint target = accept.target;
        Status seen = status;
        if (connection != null && target != null && !target.put(connection)) {
            discard(connection);
            accept.accepted = null;
            seen = Status.ABORTED; // whoever claims does not close: the target was closed meanwhile
        } else {
            accept.accepted = connection == null || target == null ? connection : target;
        }
        makeReady(accept, seen == Status.TIMED_OUT ? seen : ended(listener, accept, seen), bytes, 0);
        if (listener.input.current == accept) {
            next(listener, listener.input);
        } else {
            closeIfQuiet(listener);
        }
    }

    /** An accept whose connection has gone before it was delivered waits for another. */
    void acceptAgain(Accept accept) {
        Endpoint listener = endpointOf(accept);
        Operation current = listener.input.current;
        if (current != null && current.stream() != null) {
            listener.input.add(accept); // it was started before that one, and must not end it
        } else {
            queue(listener, listener.input, accept);
        }
    }

    void discard(Endpoint connection) {
        shard.discard(connection);
    }

    boolean mayGoOn(Operation operation) {
        return mayGoOn(endpointOf(operation), operation);
    }

    /** Puts a part that receives behind the receives of the user's. */
    void receivePart(Endpoint endpoint, Receive part) {
        queue(endpoint, endpoint.input, part);
    }

    /** What the engine has of the input is to end. */
    void endInput(Endpoint endpoint) {
        endCurrent(endpoint.input, Status.ABORTED);
    }

    /** The peer has ended its stream too, or is not waited for: the handle is free again, unless it is being closed. */
    void recycled(Endpoint endpoint, Disconnect disconnect) {
        if (endpoint.engineBusy) {
            endpoint.recycling(disconnect); // and its deadline goes on
            return;
        }
        disconnecting.over(disconnect);
        Status over = endStatus(endpoint, disconnect);
        endpoint.input.current = null;
        Operation whole = disconnect;
        if (disconnect.partOf() instanceof Transmit transmit) {
            transmit.part(null);
            whole = transmit;
        }
        long bytes = whole.bytes; // of a disconnect what was discarded, of a transmit what was sent
        if (over != null) {
            makeReady(whole, over, bytes, 0);
        } else {
            idleTimeout(endpoint, 0);
            loop.closeDescriptor(endpoint);
            counters.count(Count.CONNECTIONS_CLOSED, 1);
            endpoint.recycled();
            Status forced = disconnect.forced;
            makeReady(whole, forced == null ? Status.OK : forced, bytes, 0);
        }
        next(endpoint, endpoint.input);
        next(endpoint, endpoint.output);
    }

    private void abort(Endpoint endpoint, Disconnect disconnect) {
        loop.abort(endpoint);
        endpoint.aborted = true;
        makeReady(disconnect, Status.OK, 0, 0);
        closeIfOpen(endpoint, Status.ABORTED);
    }

    @Override
    public void received(ReceiveContinuously operation, LeasedBuffer buffer) {
        Endpoint endpoint = endpointOf(operation);
        note(endpoint, operation, buffer.length());
        if (endpoint.isClosing()) {
            buffer.release();
            return;
        }
        operation.stash(buffer);
        makeReady(operation);
        if (operation.unread >= settings.receiveCredit()) {
            disarm(operation);
        }
    }

    @Override
    public void accepted(Accept operation, Endpoint connection) {
        if (endpointOf(operation).isClosing()) {
            shard.discard(connection);
            return;
        }
        operation.stash(connection);
        makeReady(operation);
    }

    @Override
    public void returned(BufferRelease buffer) {
        if (buffer.letGo()) {
            buffer.complete();
            addReady(buffer);
        }
    }

    /** A send has ended. If it had lent its buffer the owner is told when nobody reads it any more, which may be now. */
    private void giveBackBuffer(Operation operation) {
        BufferRelease buffer = operation instanceof Send send ? send.takeRelease() : null;
        if (buffer != null) {
            buffer.begin(null);
            buffer.started();
            lent++;
            returned(buffer);
        }
    }

    @Override
    public void busy(Endpoint endpoint) {
        endpoint.engineBusy = true;
        busyEndpoints++;
    }

    @Override
    public void quiet(Endpoint endpoint) {
        endpoint.engineBusy = false;
        busyEndpoints--;
        part(endpoint);
        Disconnect recycling = endpoint.recycling();
        if (recycling != null) {
            endpoint.recycling(null);
            recycled(endpoint, recycling);
        } else {
            closeIfQuiet(endpoint);
        }
    }

    @Override
    public void acceptAborted() {
        counters.count(Count.ACCEPTS_ABORTED, 1);
    }

    @Override
    public void staleCompletion() {
        counters.count(Count.STALE_COMPLETIONS, 1);
    }

    /** Thread: any. */
    @Override
    public void recycle(LeasedBuffer buffer) {
        shard.recycle(buffer);
    }

    private void note(Endpoint endpoint, Operation operation, long bytes) {
        if (bytes > 0) {
            counters.count(operation.isOutput() ? Count.BYTES_SENT : Count.BYTES_RECEIVED, bytes);
            if (endpoint.idleTimer instanceof IdleTimer timer) {
                timer.lastActivityNanos = now();
            }
        }
    }

    /**
     * Linux reports a reset once, and what looks like an orderly end of stream after it. Here the first fatal error of a
     * direction stays.
     */
    private static Status latch(Endpoint endpoint, Operation operation, Status status, int nativeError) {
        switch (status) {
            case RESET, ABORTED, IO_ERROR, TLS_ERROR -> {
                if (!endpoint.isConnection()) {
                    return status;
                }
                directionOf(operation).latch(status, nativeError, operation.cause());
                endpoint.resetSeen |= status != Status.TLS_ERROR;
                if (!operation.isOutput()) {
                    // A failed receive has read all there was; a failed send leaves what arrived before to be read.
                    endpoint.output.latch(status, nativeError, operation.cause());
                }
            }
            case EOF -> {
                if (endpoint.resetSeen && !endpoint.endSeen) {
                    endpoint.input.latch(Status.RESET, endpoint.input.latchedError(), endpoint.input.latchedCause());
                    return Status.RESET;
                }
                endpoint.endSeen = true;
            }
            default -> {}
        }
        return status;
    }

    /** What the packet says, which is not always what the engine saw: a close or cancel shows up as many things. */
    private Status ended(Endpoint endpoint, Operation operation, Status seen) {
        if (seen == Status.OK) {
            return seen;
        }
        Status over = endStatus(endpoint, operation);
        if (over != null) {
            return over;
        }
        boolean ofOutput = operation.isOutput() || operation instanceof Handshake;
        if (seen == Status.CANCELLED && endpoint.outputEnding && ofOutput && !operation.isCancelling()) {
            return Status.SHUT_DOWN;
        }
        if (seen == Status.CANCELLED && !operation.isCancelling()) {
            Status cleared = Disconnecting.wayCleared(endpoint);
            if (cleared != null) {
                return cleared;
            }
        }
        assert seen != Status.CANCELLED || operation.isCancelling() : "cancelled, but nobody asked for it";
        // An accept that found no descriptor would be tried again: it has not ended but by the cancel.
        boolean toBeRetried = seen == Status.RESOURCE_LIMIT && operation instanceof Accept && operation.isCancelling();
        return seen == Status.CANCELLED || toBeRetried ? cancelled(operation) : seen;
    }

    private boolean mayGoOn(Endpoint endpoint, Operation operation) {
        return !operation.isCancelling()
                && endStatus(endpoint, operation) == null
                && (operation.isOutput() || Disconnecting.wayCleared(endpoint) == null);
    }

    /** Descriptors or kernel memory ran out: the connections stay in the backlog, and the accept tries again a little later. */
    private void defer(Accept accept) {
        counters.count(Count.ACCEPTS_DEFERRED, 1);
        Timer retry = new Timer() {
            @Override
            void expired() {
                accept.retry = null;
                arm(accept);
            }
        };
        accept.retry = retry;
        timers.arm(retry, clock.getAsLong() + ACCEPT_RETRY_NANOS);
    }

    /** The accept is not to try again; true if it was about to. */
    private boolean undefer(Accept accept) {
        if (accept.retry instanceof Timer retry) {
            timers.disarm(retry);
            accept.retry = null;
            return true;
        }
        return false;
    }

    // ---- continuous operations

    /** The engine has disarmed a continuous operation, for whatever reason. */
    private void stopped(Endpoint endpoint, Stream stream, Status status, int nativeError) {
        stream.armed = false;
        stream.disarming = false;
        if (stream.ending == null) {
            if (status == Status.RESOURCE_LIMIT && stream instanceof Accept accept && mayGoOn(endpoint, accept)) {
                defer(accept);
                return;
            }
            if (status == Status.OK || status == Status.CANCELLED) {
                if (mayGoOn(endpoint, stream)) {
                    rearmIfRoom(stream);
                    return;
                }
                stream.ending = ended(endpoint, stream, Status.CANCELLED);
            } else {
                stream.ending = ended(endpoint, stream, status);
                stream.endingError = nativeError;
            }
        }
        makeReady(stream);
    }

    private void rearmIfRoom(Stream stream) {
        boolean deferred = stream instanceof Accept accept && accept.retry != null;
        boolean room = !(stream instanceof ReceiveContinuously receive)
                || (receive.unread <= settings.receiveCredit() / 2 && !endpointOf(receive).receivePaused);
        if (!stream.armed && stream.ending == null && room && !deferred) {
            arm(stream);
        }
    }

    private void disarm(Stream stream) {
        if (stream.armed && !stream.disarming) {
            stream.disarming = true;
            loop.cancel(stream);
        }
    }

    /** Stops or restarts the continuous receive of an endpoint; what has been received is delivered all the same. */
    void pauseReceiving(Endpoint endpoint, boolean pause) {
        if (endpoint.receivePaused == pause) {
            return;
        }
        endpoint.receivePaused = pause;
        if (endpoint.input.current instanceof ReceiveContinuously receive) {
            if (pause) {
                disarm(receive);
            } else {
                rearmIfRoom(receive);
            }
        }
    }

    /** Lets an operation that is its direction's current one end with {@code status}, as soon as the engine has let go of it. */
    private void end(Operation operation, Status status) {
        Disconnect disconnect = Disconnecting.within(operation);
        if (disconnect != null) {
            disconnecting.force(endpointOf(disconnect), disconnect, status);
            return;
        }
        if (operation instanceof Handshake handshake && !handshake.submitted) {
            endEarly(handshake, status);
            return;
        }
        Stream stream = operation.stream();
        boolean waitsForRetry = operation instanceof Accept accept && undefer(accept);
        if (stream == null) {
            if (waitsForRetry) {
                makeReady(operation, status, 0, 0);
                next(endpointOf(operation), directionOf(operation));
            } else {
                Operation part = operation.part();
                loop.cancel(part == null ? operation : part);
            }
        } else if (stream.ending == null) {
            stream.ending = status;
            if (stream.armed) {
                disarm(stream);
            } else {
                makeReady(stream);
            }
        }
    }

    /** Ends a handshake that the engine does not have. */
    void endEarly(Handshake handshake, Status status) {
        Endpoint endpoint = endpointOf(handshake);
        boolean current = endpoint.input.current == handshake;
        if (current || endpoint.input.remove(handshake)) {
            makeReady(handshake, status, 0, 0);
        }
        if (current) {
            next(endpoint, endpoint.input);
        }
    }

    /**
     * Sets the results of a continuous operation for its next packet. After a packet with {@code more} the operation is still
     * in flight; the one without is its last.
     *
     * @return false if there is nothing to deliver yet
     */
    boolean prepare(Stream stream) {
        stream.queued = false;
        boolean found = switch (stream) {
            case ReceiveContinuously receive -> {
                LeasedBuffer buffer = receive.unstash();
                receive.lease = buffer;
                receive.bytes = buffer == null ? 0 : buffer.length();
                yield buffer != null;
            }
            case Accept accept -> {
                accept.accepted = accept.unstash();
                yield accept.accepted != null;
            }
        };
        if (found) {
            stream.status = Status.OK;
            stream.more = true;
            lookForMore(stream);
            if (stream.available() >= 0 && stream instanceof ReceiveContinuously receive) {
                stream.available((int) Math.min(stream.available() + receive.stashedBytes(), Integer.MAX_VALUE));
            }
            // Whatever comes later, bytes or the end, makes it ready again.
            if (hasStashed(stream) || (stream.ending != null && !stream.armed)) {
                makeReady(stream);
            }
            rearmIfRoom(stream);
            return true;
        }
        if (stream.ending == null || stream.armed) {
            return false;
        }
        stream.status = stream.ending;
        stream.nativeError(stream.endingError);
        stream.more = false;
        stream.complete();
        next(endpointOf(stream), directionOf(stream));
        return true;
    }

    private static boolean hasStashed(Operation operation) {
        return operation instanceof ReceiveContinuously receive
                ? receive.hasStashed()
                : operation instanceof Accept accept && accept.hasStashed();
    }

    // ---- cancel and close

    /**
     * Somebody has moved the operation to CANCELLING. It may have ended since, even been started anew: on the same endpoint,
     * or on another, whose directions may be another shard's.
     */
    void cancel(Operation operation, Endpoint endpoint) {
        if (!operation.isCancelling() || !endpoint.equals(operation.endpoint)) {
            return;
        }
        if (operation instanceof FileOperation file && !file.isInOrder()) {
            loop.cancel(file); // nothing if its packet is ready, or if it comes behind this cancel in the inbox
            return;
        }
        Direction direction = directionOf(operation);
        if (operation instanceof Accept accept && accept.awaited != null) {
            firstData.cancel(accept);
        } else if (direction.current == operation) {
            end(operation, cancelled(operation));
        } else if (takesLeave(endpoint, operation)) {
            makeReady(operation, cancelled(operation), operation.bytes, 0);
        } else if (direction.remove(operation)) {
            makeReady(operation, cancelled(operation), 0, 0);
        }
        // Else its packet is ready already, or it comes behind this cancel in the inbox and take() sees the state.
    }

    /** Its time is over, and it has not ended yet. */
    void timeOut(Operation operation) {
        if (operation.requestCancel()) {
            operation.setTimedOut();
            cancel(operation, endpointOf(operation));
        }
        // Else somebody has cancelled it before, and that is on its way.
    }

    /** What an operation has ended with that was cancelled: by somebody, or by its time. */
    private static Status cancelled(Operation operation) {
        if (operation instanceof Accept accept && accept.target != null && accept.target.isClosing()) {
            return Status.ABORTED;
        }
        return operation.timedOut() ? Status.TIMED_OUT : Status.CANCELLED;
    }

    /** Ends the output of an endpoint: at once, or when the engine has let go of the send that it has. */
    void shutdownOutput(Endpoint endpoint) {
        install(endpoint);
        Direction output = endpoint.output;
        if (endpoint.closeBegun || endpoint.outputEnding || output.latched() == Status.SHUT_DOWN) {
            return;
        }
        if (!hasPeer(endpoint) || Disconnecting.within(output.current) != null) {
            return; // it comes late: the connection that was meant has gone, or has nothing more to be ended
        }
        endpoint.outputEnded = true; // once more: a disconnect that was cancelled has taken it back perhaps
        output.latchUnlessLatched(Status.SHUT_DOWN, null); // what waits, and was started before the start could know
        endpoint.outputEnding = true;
        if (output.current == null) {
            finishOutput(endpoint);
        } else if (output.current.partOf() instanceof Handshake handshake) {
            handshaking.end(handshake, Status.SHUT_DOWN);
        } else {
            end(output.current, Status.SHUT_DOWN);
        }
    }

    private void finishOutput(Endpoint endpoint) {
        endpoint.outputEnding = false;
        if (!endpoint.closeBegun) {
            loop.shutdownOutput(endpoint);
        }
    }

    /** The endpoint has moved to CLOSING; {@code reason} is what its operations end with. */
    void beginClose(Endpoint endpoint, Status reason) {
        endpoint.closeStatus = reason;
        endpoint.closeBegun = true;
        closingEndpoints++;
        idleTimeout(endpoint, 0);
        delayedPosts.endBoundTo(endpoint);
        install(endpoint);
        if (!endpoint.aborted) {
            loop.shutdown(endpoint);
        }
        firstData.cancelOf(endpoint);
        discardStash(endpoint.input.current, reason);
        endCurrent(endpoint.input, reason);
        endCurrent(endpoint.output, reason);
        endInEngine(endpoint);
        closeIfQuiet(endpoint);
    }

    private void endCurrent(Direction direction, Status reason) {
        Operation current = direction.current;
        if (current != null && current.partOf() instanceof Disconnect disconnect) {
            // A drain: while sends go on it does too.
            if (disconnect.forced != null || endStatus(endpointOf(current), disconnect) != null) {
                loop.cancel(current);
            }
        } else if (current != null && current.partOf() instanceof Handshake handshake) {
            if (handshake.submitted) {
                loop.cancel(handshake);
            } // else it waits in the input, and is ended there
        } else if (direction.current != null) {
            end(direction.current, reason);
        }
    }

    private void endInEngine(Endpoint endpoint) {
        OpenFile file = endpoint.file();
        if (file != null) {
            for (Operation o = file.inEngine.first(); o != null; o = o.next) {
                loop.cancel(o); // which only asks
            }
        }
    }

    private void discardStash(@Nullable Operation current, Status reason) {
        if (current instanceof ReceiveContinuously receive) {
            for (LeasedBuffer b = receive.unstash(); b != null; b = receive.unstash()) {
                b.release();
                if (receive.ending != null) {
                    // An end of the stream is not to be told to somebody who has not seen all that came before it.
                    receive.ending = reason;
                    receive.endingError = 0;
                }
            }
        } else if (current instanceof Accept accept) {
            for (Endpoint c = accept.unstash(); c != null; c = accept.unstash()) {
                shard.discard(c);
            }
        }
    }

    private void closeIfQuiet(Endpoint endpoint) {
        // The lifecycle is CLOSING before beginClose() has come through the inbox: the descriptor must outlive that.
        if (endpoint.closeBegun
                && endpoint.isQuiet()
                && !firstData.awaitsFor(endpoint)
                && endpoint.move(Lifecycle.CLOSING, Lifecycle.CLOSED)) {
            loop.closeDescriptor(endpoint);
            detach(endpoint);
            closingEndpoints--;
            if (endpoint.isConnection() && endpoint.isConnected()) {
                counters.count(Count.CONNECTIONS_CLOSED, 1);
            }
            Post last = shard.endpointClosed(endpoint, true);
            if (last != null) {
                // All its operations have ended, so their packets are ready, held behind the one that runs, or handed
                // over: this
                // one comes behind them.
                take(last);
            }
        }
    }

    private void detach(Endpoint endpoint) {
        if (endpoint.shardIndex >= 0) {
            Endpoint last = endpoints.removeLast();
            if (last.shardIndex != endpoint.shardIndex) {
                endpoints.set(endpoint.shardIndex, last);
                last.shardIndex = endpoint.shardIndex;
            }
            endpoint.shardIndex = -1;
        }
    }

    /** The port is going down: no operation is to stay in flight but, while draining, sends. */
    void endAll(Stage next) {
        if (stage.compareTo(next) >= 0) {
            return;
        }
        stage = next;
        for (Endpoint endpoint : List.copyOf(endpoints)) {
            if (endpoint.isClosing()) {
                continue;
            }
            if (next == Stage.CLOSING && settings.closeHandles()) {
                closeIfOpen(endpoint, Status.PORT_CLOSED);
                continue;
            }
            endCurrent(endpoint.input, Status.PORT_CLOSED);
            if (next == Stage.CLOSING) {
                endCurrent(endpoint.output, Status.PORT_CLOSED);
                endInEngine(endpoint);
                loop.giveUp(endpoint);
            }
        }
        firstData.cancelAll();
        delayedPosts.endAll();
    }

    /** Closes an endpoint unless somebody else has begun to. */
    void closeIfOpen(Endpoint endpoint, Status reason) {
        if (endpoint.move(Lifecycle.OPEN, Lifecycle.CLOSING)) {
            beginClose(endpoint, reason);
        }
    }

    void idleTimeout(Endpoint endpoint, long timeoutNanos) {
        IdleTimer.set(this, timers, endpoint, timeoutNanos);
    }

    // ---- ready packets

    private void makeReady(Operation operation, Status status, long bytes, int nativeError) {
        operation.status = status;
        operation.bytes = bytes;
        operation.nativeError(nativeError);
        operation.more = false;
        if (operation.timeoutNanos() > 0) {
            OperationTimer.disarm(operation, timers);
        }
        operation.settle();
        lookForMore(operation);
        operation.complete();
        addReady(operation);
        giveBackBuffer(operation);
        if (operation instanceof Handshake handshake) {
            handshaking.ended(handshake);
        }
    }

    /** Who receives may want to know what more there is. */
    private void lookForMore(Operation operation) {
        if (operation.queryAvailable() && (operation.status == Status.OK || operation.status == Status.EOF)) {
            operation.available(loop.available(endpointOf(operation)));
        }
    }

    private void makeReady(Stream stream) {
        if (!stream.queued) {
            stream.queued = true;
            addReady(stream);
        }
    }

    private void addReady(Operation operation) {
        if (settings.timed()) {
            operation.readyNanos = now();
        }
        ready.add(operation);
    }

    /** One packet of a continuous operation that goes on has been handed over. */
    void delivered(Operation operation) {
        counters.completed(operation.kind(), operation.status);
    }

    /** The packet goes to its handler, or to the queue that the user's threads take from: it is no longer this shard's. */
    void handedOver(Operation operation) {
        if (operation instanceof BufferRelease) {
            lent--;
            return;
        }
        inFlight.add(operation.kind(), -1);
        counters.completed(operation.kind(), operation.status);
        if (operation.endpoint != null && !(operation instanceof Post)) {
            directionOf(operation).unfinished--;
        }
    }

    private static Direction directionOf(Operation operation) {
        Endpoint endpoint = endpointOf(operation);
        return operation.isOutput() ? endpoint.output : endpoint.input;
    }

    private static OpenFile fileOf(Endpoint endpoint) {
        OpenFile file = endpoint.file();
        if (file == null) {
            throw new AssertionError("a file operation of a " + endpoint.kind());
        }
        return file;
    }

    private static Endpoint endpointOf(Operation operation) {
        Endpoint endpoint = operation.endpoint;
        if (endpoint == null) {
            throw new AssertionError("an operation of the engine without an endpoint: " + operation.kind());
        }
        return endpoint;
    }
}
