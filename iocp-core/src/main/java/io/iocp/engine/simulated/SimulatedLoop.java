package io.iocp.engine.simulated;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.FileFailure;
import io.iocp.engine.LoopOptions;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Connect;
import io.iocp.operation.DatagramOperation;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
import io.iocp.operation.Disconnect;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAllocate;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSource;
import io.iocp.operation.FileSync;
import io.iocp.operation.FileTruncate;
import io.iocp.operation.FileWrite;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import io.iocp.operation.SyncMode;
import io.iocp.operation.Transmit;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * A loop on a {@link SimulatedNetwork}: each turn gives the simulated kernel what was submitted, lets it do a pass over what
 * can be done, and reports the completions that have come out.
 *
 * <p>Thread: shard holder, but for {@link #wakeup()}, {@link #tryAgain} and {@link #receiveMemoryBytes()}.
 */
final class SimulatedLoop implements EngineLoop {
    /*
     * Ordering. Time is counted in passes. A delayed completion stands in `events` until its pass; no completion of a
     * request is due before the one that was made before it, so the bytes of a direction stay in order whatever is
     * delayed, and so does the end behind them. Received bytes are put into the operation's memory when the completion
     * is due, not when they are taken from the stream: whoever frees that memory too early finds out. Likewise the bytes
     * of a zero-copy send are read again when its buffer is given back, some passes after the send has ended: whoever
     * writes to it in between changes what the peer gets, if that has not read them by then.
     *
     * Ownership. The kernel's work is done by the holder, within turn(); other threads (peers) only change the network
     * and put requests into `tries`, both under the network's lock. Reports are made without the lock; the sink may
     * call anything here from within one, which takes effect in the next pass.
     */
    private static final int EIO = 5;
    private static final int EMFILE = 24;
    private static final int EPIPE = 32;
    private static final int ECONNRESET = 104;
    private static final int ECONNREFUSED = 111;

    /** Buffers of a continuous receive that the sink has not seen, or connections that a continuous accept takes in a pass. */
    private static final int MOST_AT_ONCE = 4;

    /** Bytes of a file that are read or written at once. */
    private static final int MOST_OF_A_FILE = 1 << 20;

    /** Something that the kernel does in a later pass. */
    private record Event(long due, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return due != other.due ? Long.compare(due, other.due) : Long.compare(number, other.number);
        }
    }

    private final SimulatedNetwork network;
    private final Faults faults;
    private SplittableRandom random;
    private final CompletionSink sink;
    private final Requests requests;
    private final ReceiveBuffers buffers;
    private final CompletionQueue completions;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final List<Request> submissions = new ArrayList<>();
    private final List<Request> cancels = new ArrayList<>();
    private final List<Completion> reaped = new ArrayList<>();

    /** Buffers of zero-copy sends that are not read any more. */
    private final List<BufferRelease> returned = new ArrayList<>();

    /** Requests to be tried in the next pass. Under the network's lock. */
    private final ArrayDeque<Request> tries = new ArrayDeque<>();

    private final Condition somethingToDo;

    /** A wake-up that no waiting turn has answered. Under the network's lock. */
    private boolean wakeupPending;

    private long pass;
    private long eventNumber;
    private int reported;

    SimulatedLoop(SimulatedNetwork network, LoopOptions options, CompletionSink sink, Requests requests) {
        this.network = network;
        this.faults = network.faults();
        this.random = network.randomOfNextLoop();
        this.sink = sink;
        this.requests = requests;
        this.buffers = new ReceiveBuffers(options.receiveBuffers(), sink);
        this.completions = new CompletionQueue(options.completionEntries());
        this.somethingToDo = network.lock.newCondition();
        network.lock.lock();
        try {
            if (network.lockstep != null) {
                network.lockstep.opened(this);
            }
        } finally {
            network.lock.unlock();
        }
    }

    // ---- the engine's side

    @Override
    public void submit(Operation operation) {
        SimulatedEndpoint endpoint = (SimulatedEndpoint)
                Objects.requireNonNull(operation.endpoint, "an operation of an engine has an endpoint");
        Request request = new Request(this, operation, endpoint);
        if (operation instanceof Connect) {
            renew((SimulatedConnection) endpoint);
        }
        if (operation instanceof Send send && send.bytes > 0) {
            request.handedOver(send, send.bytes); // by an attempt
        }
        submit(request);
    }

    /** What is left of the connection before does not count. */
    private void renew(SimulatedConnection connection) {
        network.lock.lock();
        try {
            connection.renew(new Pipe(1), new Pipe(1));
        } finally {
            network.lock.unlock();
        }
    }

    /** As far as that goes at once; now and then it cannot be tried. */
    @Override
    public @Nullable Status attempt(Operation operation) {
        SimulatedEndpoint endpoint = (SimulatedEndpoint)
                Objects.requireNonNull(operation.endpoint, "an operation of an engine has an endpoint");
        network.lock.lock();
        try {
            if (endpoint.shutDown || happens(faults.delay())) {
                return null;
            }
            return switch (operation) {
                case Receive receive -> attempt(receive, (SimulatedConnection) endpoint);
                case Send send -> attempt(send, (SimulatedConnection) endpoint);
                case Accept _,
                        Connect _,
                        Disconnect _,
                        Handshake _,
                        ReceiveContinuously _,
                        DatagramOperation _,
                        SendFile _,
                        Transmit _,
                        FileOperation _,
                        Post _ -> null;
            };
        } finally {
            network.lock.unlock();
        }
    }

    private @Nullable Status attempt(Receive receive, SimulatedConnection connection) {
        MemorySegment memory = receive.memory;
        if (memory != null && memory.byteSize() == 0) {
            return null;
        }
        if (connection.incoming.size() == 0) {
            if (connection.reset && !connection.resetTold) {
                connection.resetTold = true;
                receive.nativeError(ECONNRESET);
                return Status.RESET;
            }
            return connection.reset || connection.incoming.finished ? Status.EOF : null;
        }
        if (memory != null) {
            byte[] data = take(connection, memory.byteSize());
            try {
                MemorySegment.copy(data, 0, memory, ValueLayout.JAVA_BYTE, 0, data.length);
            } catch (RuntimeException e) {
                return Status.FAULT;
            }
            receive.bytes = data.length;
            return Status.OK;
        }
        LeasedBuffer buffer =
                buffers.hasWaiting(connection.receiveBufferSize) ? null : buffers.take(connection.receiveBufferSize);
        if (buffer == null) {
            return null;
        }
        receive.lease = filled(buffer, connection);
        receive.bytes = buffer.length();
        return Status.OK;
    }

    private @Nullable Status attempt(Send send, SimulatedConnection connection) {
        if (send.pieces > 1
                || send.release() != null
                || connection.reset
                || connection.peerClosed
                || connection.outgoing.finished) {
            return null;
        }
        long length = send.length();
        int count = few(Math.min(length, connection.outgoing.room()), faults.shortSend());
        if (count > 0) {
            connection.outgoing.write(send.piece(0), 0, count);
            network.tellPeers();
        }
        send.bytes = count;
        return count == length ? Status.OK : null;
    }

    private void submit(Request request) {
        Operation operation = request.operation;
        SimulatedEndpoint endpoint = request.endpoint;
        network.lock.lock();
        try {
            if (operation instanceof FileOperation) {
                assert isOfAFile(request) : "a file operation of a " + endpoint.kind();
            } else if (operation.isOutput()) {
                assert endpoint.outputRequest == null : "one operation for each direction at a time";
                endpoint.outputRequest = request;
            } else {
                assert endpoint.inputRequest == null : "one operation for each direction at a time";
                endpoint.inputRequest = request;
            }
        } finally {
            network.lock.unlock();
        }
        requests.add(request);
        operation.engineTag = request.userData + 1;
        submissions.add(request);
    }

    /** Now and then the file is not in memory. */
    @Override
    public int readNow(FileSource source, MemorySegment into, long offset) {
        if (happens(faults.delay())) {
            return -1;
        }
        try {
            byte[] data = SimulatedFile.read(source, offset, (int) into.byteSize());
            MemorySegment.copy(data, 0, into, ValueLayout.JAVA_BYTE, 0, data.length);
            return data.length;
        } catch (IOException e) {
            return -1; // which the send finds too
        }
    }

    @Override
    public boolean sendsFrom(Endpoint connection, FileSource source) {
        return true;
    }

    @Override
    public void cancel(Operation operation) {
        Request request = operation.engineTag == 0 ? null : requests.find(operation.engineTag - 1);
        if (request != null && request.operation == operation && !request.cancelAsked) {
            request.cancelAsked = true;
            cancels.add(request);
        }
    }

    @Override
    public int available(Endpoint endpoint) {
        network.lock.lock();
        try {
            return endpoint instanceof SimulatedConnection connection ? connection.incoming.size() : -1;
        } finally {
            network.lock.unlock();
        }
    }

    @Override
    public int turn(long timeoutNanos) {
        reported = 0;
        Stepper stepper = network.stepper();
        Lockstep lockstep = network.lockstep;
        if (lockstep != null) {
            turnInLockstep(timeoutNanos, lockstep);
        } else if (stepper == null) {
            turnFreely(timeoutNanos);
        } else {
            turnStepped(timeoutNanos, stepper);
        }
        report();
        return reported;
    }

    private void turnFreely(long timeoutNanos) {
        long end = timeoutNanos > 0 ? System.nanoTime() + timeoutNanos : 0;
        network.lock.lock();
        try {
            while (!passed(timeoutNanos)) {
                long left = timeoutNanos < 0 ? Long.MAX_VALUE : end - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                if (tries.isEmpty() && events.isEmpty() && completions.isEmpty()) {
                    somethingToDo.awaitNanos(left);
                }
            }
        } catch (InterruptedException e) {
            // The flag is whoever's that set it: a wait of the kernel would not have ended, and this one does no harm.
            return;
        } finally {
            network.lock.unlock();
        }
    }

    private void turnInLockstep(long timeoutNanos, Lockstep lockstep) {
        long due = timeoutNanos < 0 ? Long.MAX_VALUE : lockstep.nanoTime() + timeoutNanos;
        network.lock.lock();
        try {
            while (!passed(timeoutNanos)) {
                boolean idle = tries.isEmpty() && events.isEmpty() && completions.isEmpty();
                if (idle && lockstep.nanoTime() >= due) {
                    return;
                }
                if (idle) {
                    rest(due, lockstep);
                }
            }
        } catch (InterruptedException e) {
            // As in a turn that is free: it does no harm.
            return;
        } finally {
            lockstep.busy(this);
            network.lock.unlock();
        }
    }

    /** Waits for something to do, or lets the clock go on if a peer waits and nobody has anything to do. */
    @SuppressWarnings("WaitNotInLoop") // the caller is the loop
    private void rest(long due, Lockstep lockstep) throws InterruptedException {
        lockstep.atRest(this, due);
        if (!lockstep.isWaitedFor()) {
            somethingToDo.await();
        } else if (somethingToDo.awaitNanos(Lockstep.GRACE_NANOS) <= 0 && lockstep.isWaitedFor()) {
            lockstep.advance();
            network.tellTime();
        }
    }

    /** The faults from now on. Under the lock. */
    void drawFrom(SplittableRandom other) {
        random = other;
    }

    /** A peer waits: the clock may go on. Under the lock. */
    void lookAgain() {
        somethingToDo.signal();
    }

    private void turnStepped(long timeoutNanos, Stepper stepper) {
        stepper.step(false);
        while (true) {
            network.lock.lock();
            try {
                if (passed(timeoutNanos)) {
                    return;
                }
                if (!tries.isEmpty() || !events.isEmpty()) {
                    continue;
                }
            } finally {
                network.lock.unlock();
            }
            if (!stepper.step(true) && timeoutNanos > 0) {
                network.advance(timeoutNanos);
                return;
            }
        }
    }

    /** Does a pass; true if the turn is over. Under the lock. */
    private boolean passed(long timeoutNanos) {
        pass();
        completions.reap(reaped);
        if (!reaped.isEmpty() || !returned.isEmpty() || timeoutNanos == 0) {
            return true;
        }
        if (wakeupPending) {
            wakeupPending = false;
            return true;
        }
        // How often a loop that takes turns comes here depends on how threads run: it must not draw.
        return network.lockstep == null && happens(faults.spuriousWakeup());
    }

    private void report() {
        for (int i = 0; i < reaped.size(); i++) {
            Completion completion = reaped.get(i);
            Request request = requests.find(completion.userData());
            if (request == null) {
                sink.staleCompletion();
            } else if (!completion.last()) {
                reportOneOfMany(request, completion);
            } else {
                detach(request);
                reportLast(request, completion);
            }
        }
        reaped.clear();
        List<BufferRelease> back = List.copyOf(returned);
        returned.clear();
        reported += back.size();
        back.forEach(sink::returned);
    }

    private void reportOneOfMany(Request request, Completion completion) {
        if (request.operation instanceof ReceiveContinuously receive) {
            reported++;
            if (request.unreported-- == MOST_AT_ONCE) {
                network.lock.lock();
                try {
                    tryAgain(request); // more may be there than it was let take
                } finally {
                    network.lock.unlock();
                }
            }
            sink.received(receive, Objects.requireNonNull(completion.buffer()));
        } else if (request.operation instanceof Accept accept && completion.accepted() != null) {
            if (isAborted(completion.accepted())) {
                sink.acceptAborted();
            } else {
                reported++;
                sink.accepted(accept, completion.accepted());
            }
        }
    }

    private void reportLast(Request request, Completion completion) {
        Operation operation = request.operation;
        Status status = completion.status();
        SimulatedConnection accepted = completion.accepted();
        if (accepted != null && isAborted(accepted)) {
            sink.acceptAborted();
            accepted = null;
            status = Status.CANCELLED; // that is: not accepted yet
        }
        if (status == Status.CANCELLED && !request.cancelAsked && !request.endpoint.shutDown) {
            resubmit(request); // nobody asked for it
            return;
        }
        switch (operation) {
            case Receive receive -> receive.lease = completion.buffer();
            case Accept accept -> accept.accepted = accepted;
            case Send send -> lend(request, send);
            case Connect _, ReceiveContinuously _, SendFile _, DatagramOperation _, FileOperation _ -> {}
            case Disconnect _ -> throw new IllegalArgumentException("a disconnect is the shard's business");
            case Handshake _ -> throw new IllegalArgumentException("a handshake is made of receives and sends");
            case Transmit _ -> throw new IllegalArgumentException("a transmit is the shard's business");
            case Post _ -> throw new IllegalArgumentException("a post never reaches an engine");
        }
        if (status == Status.RESET && request.endpoint instanceof SimulatedConnection connection) {
            connection.resetTold = true;
        }
        reported++;
        sink.completed(operation, status, completion.bytes(), completion.nativeError());
    }

    /** The kernel goes on reading the buffer of a send that did not have it copied. */
    private void lend(Request request, Send send) {
        BufferRelease buffer = send.release();
        if (buffer == null || request.place < 0) {
            return;
        }
        buffer.hold();
        MemorySegment memory = send.piece(0).asSlice(0, request.sent);
        Pipe outgoing = ((SimulatedConnection) request.endpoint).outgoing;
        events.add(new Event(pass + delay(), eventNumber++, () -> {
            outgoing.readAgain(memory, request.place);
            returned.add(buffer);
        }));
    }

    /** A connection that was reset before anybody could look at it. */
    private boolean isAborted(SimulatedConnection connection) {
        network.lock.lock();
        try {
            if (connection.reset && !connection.closed) {
                network.close(connection);
            }
            return connection.reset;
        } finally {
            network.lock.unlock();
        }
    }

    /** Of one of the port's, or of a channel, which is read for a connection. */
    private static boolean isOfAFile(Request request) {
        return request.endpoint instanceof SimulatedFile
                || (request.operation instanceof FileRead read && read.channel() != null);
    }

    /** The kernel has ended the request: its slot is free. */
    private void detach(Request request) {
        network.lock.lock();
        try {
            if (request.operation instanceof FileOperation) {
                assert isOfAFile(request) : "a file operation of a " + request.endpoint.kind();
            } else if (request.operation.isOutput()) {
                request.endpoint.outputRequest = null;
            } else {
                request.endpoint.inputRequest = null;
            }
        } finally {
            network.lock.unlock();
        }
        long ended = request.userData;
        requests.remove(request);
        request.operation.engineTag = 0;
        if (happens(faults.stale())) {
            at(pass + delay(), () -> completions.post(Completion.end(ended, Status.OK, 0, 0)));
        }
    }

    private void resubmit(Request request) {
        Request again = new Request(this, request.operation, request.endpoint);
        again.sent = request.sent;
        again.piece = request.piece;
        again.offset = request.offset;
        again.place = request.place;
        submit(again);
    }

    @Override
    public void wakeup() {
        network.lock.lock();
        try {
            wakeupPending = true;
            hasSomethingToDo();
        } finally {
            network.lock.unlock();
        }
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        List<Request> waiting = buffers.giveBack(buffer);
        if (!waiting.isEmpty()) {
            network.lock.lock();
            try {
                waiting.forEach(this::tryAgain);
            } finally {
                network.lock.unlock();
            }
        }
    }

    @Override
    public void shutdown(Endpoint endpoint) {
        network.shutdown((SimulatedEndpoint) endpoint);
    }

    @Override
    public void shutdownOutput(Endpoint endpoint) {
        if (endpoint instanceof SimulatedConnection connection) {
            network.finish(connection);
        }
    }

    @Override
    public void abort(Endpoint endpoint) {
        network.lock.lock();
        try {
            SimulatedConnection connection = (SimulatedConnection) endpoint;
            connection.abortive = true;
            connection.shutDown = true;
            connection.touch();
        } finally {
            network.lock.unlock();
        }
    }

    @Override
    public void detach(Endpoint endpoint) {
        assert ((SimulatedEndpoint) endpoint).inputRequest == null : "detached with a request";
    }

    @Override
    public void install(Endpoint into, Endpoint from) {
        network.lock.lock();
        try {
            ((SimulatedConnection) into).takeOver((SimulatedConnection) from);
        } finally {
            network.lock.unlock();
        }
    }

    @Override
    public void closeDescriptor(Endpoint endpoint) {
        network.close((SimulatedEndpoint) endpoint);
    }

    @Override
    public void close() {
        events.clear();
        buffers.forget();
        network.lock.lock();
        try {
            if (network.lockstep != null) {
                network.lockstep.closed(this);
            }
        } finally {
            network.lock.unlock();
        }
    }

    @Override
    public long receiveMemoryBytes() {
        return buffers.memoryBytes();
    }

    @Override
    public long ringMemoryBytes() {
        return 0;
    }

    // ---- the kernel's side, under the network's lock

    /** Wakes the loop, and no peer acts before it has done it. Thread: any that has the lock. */
    private void hasSomethingToDo() {
        if (network.lockstep != null) {
            network.lockstep.busy(this);
        }
        somethingToDo.signal();
    }

    /** Puts a request into the line of those to be tried. Thread: any that has the lock. */
    void tryAgain(Request request) {
        if (!request.queued && !request.answered) {
            request.queued = true;
            tries.add(request);
            hasSomethingToDo();
        }
    }

    private void pass() {
        pass++;
        submissions.forEach(this::tryAgain);
        submissions.clear();
        for (int i = 0; i < cancels.size(); i++) {
            Request request = cancels.get(i);
            if (happens(faults.lateCancel())) {
                at(pass + delay(), () -> cancelled(request));
            } else {
                cancelled(request);
            }
        }
        cancels.clear();
        for (Event next = events.peek(); next != null && next.due() <= pass; next = events.peek()) {
            events.remove();
            next.action().run();
        }
        int count = tries.size();
        for (int i = 0; i < count; i++) {
            if (count - i > 1 && happens(faults.reorder())) {
                tries.addLast(tries.removeFirst());
            }
            Request request = tries.removeFirst();
            request.queued = false;
            if (!request.answered) {
                perform(request);
            }
        }
    }

    private void cancelled(Request request) {
        if (!request.answered) {
            network.forget(request);
            answer(request, Status.CANCELLED, request.sent, 0);
        }
    }

    private void perform(Request request) {
        if (request.endpoint.shutDown) {
            answer(request, Status.CANCELLED, request.sent, 0);
        } else if (happens(faults.unaskedCancel()) && !request.cancelAsked) {
            answer(request, Status.CANCELLED, request.sent, 0);
        } else if (request.isContinuous() && happens(faults.streamEnd())) {
            answer(request, Status.OK, 0, 0);
        } else {
            switch (request.operation) {
                case Accept accept -> accept(request, accept, (SimulatedListener) request.endpoint);
                case Receive receive -> receive(request, receive, (SimulatedConnection) request.endpoint);
                case ReceiveContinuously _ -> receiveContinuously(request, (SimulatedConnection) request.endpoint);
                case Send send -> send(request, send, (SimulatedConnection) request.endpoint);
                case DatagramOperation datagram -> datagram(request, datagram, (SimulatedDatagram) request.endpoint);
                case SendFile send -> sendFile(request, send, (SimulatedConnection) request.endpoint);
                case Transmit _ -> throw new IllegalArgumentException("a transmit is the shard's business");
                case FileOperation file -> performFile(request, file);
                case Connect connect -> connect(request, connect, (SimulatedConnection) request.endpoint);
                case Disconnect _ -> throw new IllegalArgumentException("a disconnect is the shard's business");
                case Handshake _ -> throw new IllegalArgumentException("a handshake is made of receives and sends");
                case Post _ -> throw new IllegalArgumentException("a post never reaches an engine");
            }
        }
    }

    private void datagram(Request request, DatagramOperation operation, SimulatedDatagram endpoint) {
        if (endpoint.takeRefusal()) {
            answer(request, Status.REFUSED, 0, ECONNREFUSED);
            return;
        }
        switch (operation) {
            case DatagramReceive receive -> {
                byte[] data = endpoint.receive(receive);
                if (data != null) {
                    complete(request, true, data.length, data, null, null);
                }
            }
            case DatagramSend send -> {
                try {
                    answer(request, Status.OK, network.datagrams().send(endpoint, send), 0);
                } catch (RuntimeException e) {
                    answer(request, Status.FAULT, 0, 0); // the caller freed the memory meanwhile
                }
            }
        }
    }

    private void performFile(Request request, FileOperation operation) {
        if (faults.ioError() > 0 && happens(faults.ioError())) {
            answer(request, Status.IO_ERROR, request.sent, EIO);
            return;
        }
        Thread.interrupted(); // the flag would close the channel
        FileFailure failure;
        try {
            FileChannel channel = operation instanceof FileRead read ? read.channel() : null;
            if (channel != null) {
                readNow(request, (FileRead) operation, channel);
            } else {
                performNow(request, operation, (SimulatedFile) request.endpoint);
            }
            return;
        } catch (IOException e) {
            failure = FileFailure.of(e);
        } catch (RuntimeException e) {
            failure = FileFailure.FAULT; // the caller freed the memory meanwhile
        }
        answer(request, failure.status(), request.sent, failure.nativeError());
    }

    private void readNow(Request request, FileRead read, FileChannel channel) throws IOException {
        int most = few(Math.min(read.memory.byteSize(), MOST_OF_A_FILE), faults.shortReceive());
        byte[] data = SimulatedFile.read(FileSource.of(channel), read.offset, most);
        if (data.length == 0) {
            answer(request, Status.EOF, 0, 0);
        } else {
            complete(request, true, data.length, data, null, null);
        }
    }

    private void performNow(Request request, FileOperation operation, SimulatedFile file) throws IOException {
        switch (operation) {
            case FileRead read -> {
                long most = Math.min(read.memory.byteSize(), MOST_OF_A_FILE);
                byte[] data = file.read(read, file.few(few(most, faults.shortReceive())));
                if (data == null) {
                    answer(request, Status.EOF, 0, 0);
                } else {
                    complete(request, true, data.length, data, null, null);
                }
                return;
            }
            case FileWrite write -> {
                long left = write.memory.byteSize() - request.sent;
                if (left > 0) {
                    int most = file.few(few(Math.min(left, MOST_OF_A_FILE), faults.shortSend()));
                    request.sent += file.write(write, request.sent, most);
                }
                if (request.sent < write.memory.byteSize()) {
                    tryAgain(request); // short: the rest follows in a later pass
                    return;
                }
            }
            case FileSync sync -> file.channels.force(sync.mode == SyncMode.FULL);
            case FileTruncate truncate -> file.channels.truncate(truncate.size);
            case FileAllocate _ -> throw new IOException("fallocate is not supported");
        }
        answer(request, Status.OK, request.sent, 0);
    }

    private void accept(Request request, Accept accept, SimulatedListener listener) {
        for (int i = 0; i < MOST_AT_ONCE && !listener.backlog.isEmpty(); i++) {
            if (happens(faults.noDescriptor())) {
                answer(request, Status.RESOURCE_LIMIT, 0, EMFILE);
                return;
            }
            SimulatedConnection connection = listener.backlog.remove();
            network.tellPeers(); // there is room for another
            complete(request, !accept.continuous, 0, null, null, connection);
            if (!accept.continuous) {
                return;
            }
        }
        if (!listener.backlog.isEmpty()) {
            tryAgain(request);
        }
    }

    private void connect(Request request, Connect connect, SimulatedConnection connection) {
        if (happens(faults.noDescriptor())) {
            answer(request, Status.RESOURCE_LIMIT, 0, EMFILE);
            return;
        }
        if (happens(faults.refused())) {
            answer(request, Status.REFUSED, 0, ECONNREFUSED);
            return;
        }
        Status status = network.connect(connection, Objects.requireNonNull(connect.remote), connect.local, request);
        if (status != null) {
            answer(request, status, 0, status == Status.REFUSED ? ECONNREFUSED : 0);
        }
    }

    private void receive(Request request, Receive receive, SimulatedConnection connection) {
        MemorySegment memory = receive.memory;
        if (memory != null && memory.byteSize() == 0 && connection.hasEnded()) {
            answer(request, Status.OK, 0, 0); // a receive would not wait
            return;
        }
        if (receivesNothing(request, connection)) {
            return;
        }
        if (memory == null) {
            LeasedBuffer buffer = fill(request, connection);
            if (buffer != null) {
                complete(request, true, buffer.length(), null, buffer, null);
            }
            return;
        }
        byte[] data = take(connection, memory.byteSize());
        complete(request, true, data.length, data, null, null);
    }

    private void receiveContinuously(Request request, SimulatedConnection connection) {
        if (request.cancelAsked) {
            return; // it has what it may have: the rest of the buffers are for others, however late the cancel is
        }
        while (request.unreported < MOST_AT_ONCE) {
            if (receivesNothing(request, connection)) {
                return;
            }
            LeasedBuffer buffer = fill(request, connection);
            if (buffer == null) {
                return;
            }
            request.unreported++;
            complete(request, false, buffer.length(), null, buffer, null);
        }
    }

    /** No bytes are there: the receive waits, or ends if the stream has. */
    private boolean receivesNothing(Request request, SimulatedConnection connection) {
        if (faults.reset() > 0 && happens(faults.reset()) && !connection.reset) {
            connection.peerReset = true;
            connection.resetPort();
            network.tellPeers();
        } else if (faults.ioError() > 0 && happens(faults.ioError())) {
            answer(request, Status.IO_ERROR, 0, EIO);
            return true;
        }
        if (connection.incoming.size() > 0) {
            return false;
        }
        if (connection.reset && !connection.resetTold) {
            answer(request, Status.RESET, 0, ECONNRESET);
        } else if (connection.reset || connection.incoming.finished) {
            answer(request, Status.EOF, 0, 0);
        }
        return true;
    }

    /** Takes bytes into a buffer of the engine's; null if there is none, and then the request waits for one. */
    private @Nullable LeasedBuffer fill(Request request, SimulatedConnection connection) {
        if (happens(faults.noBuffer())) {
            at(pass + delay(), () -> tryAgain(request));
            return null;
        }
        LeasedBuffer buffer = buffers.take(connection.receiveBufferSize);
        if (buffer == null) {
            buffers.await(request);
            return null;
        }
        return filled(buffer, connection);
    }

    private byte[] take(SimulatedConnection connection, long most) {
        byte[] data = new byte[few(Math.min(connection.incoming.size(), most), faults.shortReceive())];
        connection.incoming.read(data, 0, data.length);
        network.tellPeers();
        return data;
    }

    private LeasedBuffer filled(LeasedBuffer buffer, SimulatedConnection connection) {
        byte[] data = take(connection, buffer.capacity());
        MemorySegment.copy(data, 0, buffer.segment(), ValueLayout.JAVA_BYTE, 0, data.length);
        buffer.length(data.length);
        return buffer.lease();
    }

    private void send(Request request, Send send, SimulatedConnection connection) {
        request.handedOver(send, 0);
        if (request.piece == send.pieces) {
            answer(request, Status.OK, request.sent, 0);
            return;
        }
        if (endsBeforeSending(request, connection)) {
            return;
        }
        if (request.place < 0) {
            request.place = connection.outgoing.place();
        }
        try {
            while (request.piece < send.pieces) {
                long left = send.piece(request.piece).byteSize() - request.offset;
                long most = connection.peerClosed ? left : Math.min(left, connection.outgoing.room());
                if (most == 0) {
                    break;
                }
                int count = few(most, faults.shortSend());
                if (!connection.peerClosed) {
                    connection.outgoing.write(send.piece(request.piece), request.offset, count);
                    network.tellPeers();
                }
                request.handedOver(send, count);
                if (count < most) {
                    tryAgain(request); // short: the rest follows in a later pass
                    return;
                }
            }
        } catch (IllegalStateException | WrongThreadException e) {
            answer(request, Status.FAULT, request.sent, 0); // the caller freed the memory meanwhile
            return;
        }
        if (request.piece == send.pieces) {
            answer(request, Status.OK, request.sent, 0);
            if (connection.peerClosed) {
                connection.resetPort(); // what nobody reads is answered by a reset
            }
        }
    }

    private boolean endsBeforeSending(Request request, SimulatedConnection connection) {
        if (faults.reset() > 0 && happens(faults.reset()) && !connection.reset) {
            connection.peerReset = true;
            connection.resetPort();
            network.tellPeers();
        } else if (faults.ioError() > 0 && happens(faults.ioError())) {
            answer(request, Status.IO_ERROR, request.sent, EIO);
            return true;
        }
        if (connection.outgoing.finished) {
            answer(request, Status.RESET, request.sent, EPIPE); // after a shutdown of our own
            return true;
        }
        if (connection.reset) {
            answer(request, Status.RESET, request.sent, connection.resetTold ? EPIPE : ECONNRESET);
            return true;
        }
        return false;
    }

    /** As a send; now and then the file is not in memory. */
    private void sendFile(Request request, SendFile send, SimulatedConnection connection) {
        if (endsBeforeSending(request, connection)) {
            return;
        }
        if (!send.byHelper && happens(faults.shortSend())) {
            answer(request, Status.OK, request.sent, 0); // what is next would have to be read
            return;
        }
        long left = send.length - request.sent;
        long room = connection.peerClosed ? MOST_OF_A_FILE : connection.outgoing.room();
        if (room == 0) {
            return;
        }
        byte[] data;
        try {
            data = SimulatedFile.read(
                    send.from(),
                    send.offset + request.sent,
                    few(Math.min(MOST_OF_A_FILE, Math.min(left, room)), faults.shortSend()));
        } catch (IOException e) {
            FileFailure failure = FileFailure.of(e);
            answer(request, failure.status(), request.sent, failure.nativeError());
            return;
        }
        if (data.length == 0) {
            answer(request, Status.EOF, request.sent, 0);
            return;
        }
        if (!connection.peerClosed) {
            connection.outgoing.write(data, 0, data.length);
            network.tellPeers();
        }
        request.sent += data.length;
        if (request.sent == send.length) {
            answer(request, Status.OK, request.sent, 0);
            if (connection.peerClosed) {
                connection.resetPort(); // what nobody reads is answered by a reset
            }
        } else if (data.length < room) {
            tryAgain(request);
        }
    }

    /** The last completion of a request that brings nothing but its status. */
    private void answer(Request request, Status status, long bytes, int nativeError) {
        request.answered = true;
        long due = dueOf(request, request.isContinuous() ? faults.lateEnd() : faults.delay());
        Completion completion = Completion.end(request.userData, status, bytes, nativeError);
        at(due, () -> completions.post(completion));
    }

    /** A completion that brings something. */
    private void complete(
            Request request,
            boolean last,
            int bytes,
            byte @Nullable [] data,
            @Nullable LeasedBuffer buffer,
            @Nullable SimulatedConnection accepted) {
        request.answered = last;
        Completion completion = new Completion(request.userData, last, Status.OK, bytes, 0, buffer, accepted);
        at(
                dueOf(request, faults.delay()),
                () -> completions.post(data == null ? completion : placed(request, completion, data)));
    }

    /** Puts received bytes where the operation wants them. */
    private static Completion placed(Request request, Completion completion, byte[] data) {
        MemorySegment target = switch (request.operation) {
            case Receive receive when receive.memory != null -> receive.memory;
            case FileRead read -> read.memory;
            case DatagramReceive receive -> receive.memory;
            default -> throw new AssertionError("bytes for the memory of an operation that has none");
        };
        try {
            MemorySegment.copy(data, 0, target, ValueLayout.JAVA_BYTE, 0, data.length);
            return completion;
        } catch (RuntimeException e) {
            // The memory was freed under the operation, or is read-only: an error of the program.
            return Completion.end(completion.userData(), Status.FAULT, 0, 0);
        }
    }

    private long dueOf(Request request, double lateness) {
        long due = Math.max(happens(lateness) ? pass + delay() : pass, request.lastDue);
        request.lastDue = due;
        return due;
    }

    /** Has something happen in a pass: at once if that is this one and nothing of it is still ahead. */
    private void at(long due, Runnable action) {
        Event next = events.peek();
        if (due <= pass && (next == null || next.due() > pass)) {
            action.run();
        } else {
            events.add(new Event(due, eventNumber++, action));
        }
    }

    private int delay() {
        return 1 + random.nextInt(faults.mostDelay());
    }

    private int few(long most, double shortness) {
        int bound = (int) Math.min(most, Integer.MAX_VALUE);
        return bound > 1 && happens(shortness) ? 1 + random.nextInt(bound - 1) : bound;
    }

    private boolean happens(double rate) {
        return rate > 0 && random.nextDouble() < rate;
    }
}
