package io.iocp.engine.uring;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.FileFailure;
import io.iocp.engine.LoopOptions;
import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.SockAddr;
import io.iocp.linux.Sockets;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Connect;
import io.iocp.operation.DatagramOperation;
import io.iocp.operation.Disconnect;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSource;
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
import io.iocp.operation.Transmit;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Performs operations with one ring: turns them into requests and completions of requests into completions of operations.
 *
 * <p>Thread: shard holder; {@link #wakeup()} any. Next: {@link CompletionSink#completed}.
 */
final class UringLoop implements EngineLoop {
    /*
     * Ordering. submit() writes a request into the submission queue; turn() hands all of them over, waits and reaps with one
     * io_uring_enter. If the queue is full, submit() enters early; if the kernel takes nothing (it has no memory), requests
     * wait in a list. Nothing is ever reported from submit() or cancel(): what ends there is reported by the next turn().
     *
     * Ownership. A Request stays in the table from submit() to the last completion of its one kernel request, and with it
     * everything that the kernel may still touch. The user_data of a kernel request is its slot and a generation that no
     * other request in that slot has had, so that an answer to an old cancel meets nothing; cancels and the wake-up have
     * negative slots. An ECANCELED that nobody asked for means that the thread which submitted the request has died: the
     * request is made again. Requests of a thread that no longer holds the shard: see Adoption.
     *
     * Cancelling. The request's own completion decides how it ended. A cancel that finds nothing (ENOENT) is repeated while
     * the request is there: a multishot receive is out of the kernel's sight for a moment each time it is queued again.
     *
     * Zero-copy sends. The result of one comes with F_MORE: the kernel may still read its memory, and says with another
     * completion, F_NOTIF, when it does not. The request stays in its slot until then (LENT), counts for the thread that
     * submitted it, which completes it, and keeps the memory reachable; the operation moves to another slot at once, where it
     * ends, or goes on with what is left. So the shard sees the end of the send as ever, while its buffer is held; and nothing
     * is freed, closed or used again before the last F_NOTIF, because the shard does not end before it.
     *
     * Buffers. A receive that finds every buffer in use (ENOBUFS) has lost nothing: the bytes are still in the socket. It
     * waits in its pool's queue for its turn, and whoever comes meanwhile waits behind it (see ReceiveBuffers); no turn sleeps
     * while there is a buffer for one that waits. One connection whose handler is kept may hold all buffers of the ring, so the
     * pool has some beside it: when none comes back, a continuous receive with nothing unread polls for input, and is then
     * performed with one of those.
     *
     * Wake-up. See WakeUp. Its first arming is left to the first turn(), because a request belongs to the thread that
     * submits it.
     *
     * Shutdown. close() expects that no request is left, and the shard leaks the loop if it cannot wait for that: the kernel
     * goes on with requests for a while after the descriptor is closed.
     */

    /** The most that Linux transfers in one call; longer sends take several. */
    static final int MAX_TRANSFER_BYTES = 0x7fff_f000;

    /** How long a turn sleeps at most while requests wait because the kernel had no memory for them. */
    private static final long RETRY_NANOS = 1_000_000;

    private final Libc libc;
    private final Sockets sockets;
    private final Ring ring;
    private final SubmissionQueue submissions;
    private final CompletionQueue completions;
    private final CompletionSink sink;

    private final RequestTable requests = new RequestTable();
    private final Submitters submitters = new Submitters();
    private final Adoption adoption = new Adoption(requests, submitters);
    private final WakeUp wakeUp;

    /** Requests that found no room in the submission queue. */
    private final RequestList unsent = new RequestList();

    /** Requests whose cancel found no room in the submission queue, or must be repeated. */
    private final RequestList uncancelled = new RequestList();

    /** Sends from files that go on in the next turn. */
    private final RequestList paused = new RequestList();

    /** Requests that ended outside a turn. */
    private final RequestList ended = new RequestList();

    private final ZeroCopy zeroCopy;

    /** The kernel does not know the request: all sends are copied. */
    private boolean neverWithoutCopy;

    private final Connecting connecting;
    private final ReceivePools pools;
    private final Attempts attempts;
    private final FileRequests files;
    private final FileSends fileSends;
    private final HelperTasks helpers;

    private int reported;

    static UringLoop open(Libc libc, LoopOptions options, ZeroCopy zeroCopy, Helpers helpers, CompletionSink sink)
            throws LinuxException {
        Ring ring = Ring.open(libc, options.submissionEntries(), options.completionEntries());
        int eventfd = libc.eventfd(0, Libc.EFD_CLOEXEC);
        if (eventfd < 0) {
            ring.close();
            throw new LinuxException("eventfd", eventfd);
        }
        return new UringLoop(libc, ring, eventfd, options.receiveBuffers(), zeroCopy, helpers, sink);
    }

    UringLoop(
            Libc libc,
            Ring ring,
            int eventfd,
            int receiveBufferCount,
            ZeroCopy zeroCopy,
            Helpers helpers,
            CompletionSink sink) {
        this.libc = libc;
        this.sockets = new Sockets(libc);
        this.connecting = new Connecting(libc, sockets);
        this.ring = ring;
        this.submissions = ring.submissions();
        this.completions = ring.completions();
        this.wakeUp = new WakeUp(libc, eventfd, submitters);
        this.sink = sink;
        this.zeroCopy = zeroCopy;
        this.pools = new ReceivePools(libc, ring, receiveBufferCount, sink);
        this.attempts = new Attempts(libc, pools);
        this.files = new FileRequests(libc);
        this.fileSends = new FileSends(libc);
        this.helpers = new HelperTasks(helpers.threads(), helpers.libcs(), wakeUp);
    }

    // ---- the holder

    @Override
    public void hold(int worker) {
        submitters.hold(worker);
        claimPending();
        adoption.begin();
        if (submitters.hasForeign()) {
            // First of all: until then only the last holder can be woken, and it may sleep where nothing wakes it.
            armWakeUp();
        }
    }

    /** What the last holder has written and not submitted will be this one's. */
    private void claimPending() {
        int pending = submissions.pending();
        for (int i = 0; i < pending; i++) {
            Request request = requests.find(submissions.pendingUserData(i));
            if (request != null && request.place() == Request.Place.KERNEL) {
                submitters.done(request.submitter);
                request.submitter = submitters.submitted();
            }
        }
    }

    @Override
    public void adoptAll() {
        adoption.hurry();
    }

    @Override
    public int held(int worker) {
        return submitters.held(worker);
    }

    /**
     * Takes a request of an earlier holder over, if the kernel confirms that it has cancelled that one's.
     *
     * @return false if there is no room to ask the kernel now
     */
    boolean adopt(Request request) {
        long sqe = freeEntry();
        if (sqe == 0) {
            return false;
        }
        request.adopting = true;
        SqeEncoder.reportingCancel(sqe, request.userData(), UserData.ofReportingCancel(request.userData()));
        return true;
    }

    // ---- submit and cancel

    @Override
    public void submit(Operation operation) {
        if (!(operation.endpoint instanceof UringEndpoint endpoint)) {
            throw new IllegalArgumentException("not an endpoint of this engine: " + operation.endpoint);
        }
        Request request = requests.begin(operation, endpoint);
        if (operation instanceof Send) {
            request.transferred = operation.bytes; // what an attempt has sent already
        }
        if (selectsBuffer(operation) && !findBuffers(request)) {
            return;
        }
        if (operation instanceof FileRead read && read.channel() != null) {
            help(request);
            return;
        }
        if (operation instanceof FileOperation file) {
            Integer ended = files.endsAtOnce(file, endpoint);
            if (ended != null) {
                endLater(
                        request,
                        ended == 0 ? Status.OK : FileRequests.failure(ended).status(),
                        -ended);
                return;
            }
        }
        if (operation instanceof Connect connect) {
            connect(request, connect);
            return;
        }
        if (operation instanceof SendFile send) {
            sendFile(request, send);
            return;
        }
        armInTurn(request);
    }

    private void connect(Request request, Connect connect) {
        try {
            connecting.open(request, connect);
            arm(request);
        } catch (LinuxException refused) {
            endLater(request, Connecting.statusOf(refused.errno()), refused.errno());
        }
    }

    @Override
    @Nullable
    public Status attempt(Operation operation) {
        if (!(operation.endpoint instanceof UringEndpoint endpoint)) {
            throw new IllegalArgumentException("not an endpoint of this engine: " + operation.endpoint);
        }
        boolean withoutCopy = operation instanceof Send send
                && send.release() != null
                && maySendWithoutCopy(endpoint, send, send.length());
        return withoutCopy ? null : attempts.perform(operation, endpoint);
    }

    @Override
    public boolean sendsFrom(Endpoint connection, FileSource source) {
        return source.file() != null;
    }

    /** Sends from a file as far as that goes now. */
    private void sendFile(Request request, SendFile send) {
        int refused = fileSends.setNonBlocking(request.endpoint());
        if (refused < 0) {
            endLater(request, ErrnoStatus.of(-refused), -refused);
            return;
        }
        if (send.byHelper) {
            help(request);
            return;
        }
        int file = ((UringEndpoint) Objects.requireNonNull(send.from().file())).fd();
        long done = request.transferred;
        FileSends.Outcome outcome =
                fileSends.perform(request.endpoint().fd(), file, send.offset + done, send.length - done);
        request.transferred += fileSends.sent;
        switch (outcome) {
            case PAUSED -> {
                request.move(Request.Place.PAUSED);
                paused.add(request);
            }
            case FULL -> {
                request.polling = true;
                arm(request);
            }
            case DONE -> endLater(request, fileSends.status, fileSends.error);
        }
    }

    /** Gives it to a thread that may wait. */
    private void help(Request request) {
        request.move(Request.Place.HELPED);
        request.extras().helper = helpers.begin(request);
    }

    private void helped(HelperTask task) {
        Request request = task.request;
        request.extras().helper = null;
        request.transferred += task.bytes;
        if (task.outcome == FileSends.Outcome.DONE) {
            end(request, task.status, task.error);
        } else if (request.cancelRequested) {
            end(request, Status.CANCELLED, 0);
        } else if (task.outcome == FileSends.Outcome.FULL) {
            request.polling = true;
            arm(request);
        } else {
            help(request);
        }
    }

    @Override
    public int readNow(FileSource source, MemorySegment into, long offset) {
        if (!(source.file() instanceof UringEndpoint file)) {
            return -1;
        }
        return (int) Math.max(-1, fileSends.readNow(file.fd(), into, offset));
    }

    @Override
    public void cancel(Operation operation) {
        Request request = requests.find(operation.engineTag);
        if (request == null || request.operation() != operation || request.cancelRequested) {
            return;
        }
        request.cancelRequested = true;
        switch (request.place()) {
            case KERNEL -> cancelInKernel(request);
            case UNSENT, QUEUED, PAUSED -> endLater(request, Status.CANCELLED, 0);
            case HELPED -> helpers.cancel(Objects.requireNonNull(request.extras().helper));
            case ENDED, FREE, SUPERSEDED, LENT -> {}
        }
    }

    @Override
    public int available(Endpoint endpoint) {
        return sockets.receivable(((UringEndpoint) endpoint).fd());
    }

    private void cancelInKernel(Request request) {
        long sqe = freeEntry();
        if (sqe == 0) {
            uncancelled.add(request);
        } else if (request.submitter == submitters.holder()
                || request.operation().isOutput()
                || request.operation() instanceof FileOperation) {
            SqeEncoder.cancel(sqe, request.userData(), UserData.ofCancel(request.userData()));
        } else {
            // An earlier holder's: its own completion may be long in coming, the cancel's answer is not.
            SqeEncoder.reportingCancel(sqe, request.userData(), UserData.ofReportingCancel(request.userData()));
        }
    }

    /** Makes a request of the kernel, unless it is a receive and others wait for a buffer: then it waits behind them. */
    private void armInTurn(Request request) {
        if (selectsBuffer(request.operation()) && buffers(request).isCrowded()) {
            queue(request);
        } else {
            arm(request);
        }
    }

    private static void queue(Request request) {
        request.leaveList();
        request.move(Request.Place.QUEUED);
        buffers(request).queue.add(request);
    }

    /** Makes a request of the kernel, now or when there is room. */
    private void arm(Request request) {
        long sqe = freeEntry();
        if (sqe == 0) {
            request.move(Request.Place.UNSENT);
            unsent.add(request);
        } else {
            request.renew();
            encode(request, sqe);
            request.submitter = submitters.submitted();
            request.move(Request.Place.KERNEL);
        }
    }

    /** An entry of the submission queue; if it is full, it is submitted first. 0 if the kernel takes nothing now. */
    private long freeEntry() {
        long sqe = submissions.next();
        if (sqe == 0) {
            check(ring.submit());
            sqe = submissions.next();
        }
        return sqe;
    }

    private void encode(Request request, long sqe) {
        int fd = request.endpoint().fd();
        long userData = request.userData();
        if (request.polling) {
            int awaited = request.operation() instanceof SendFile ? Libc.POLLOUT : Libc.POLLIN;
            SqeEncoder.poll(sqe, fd, awaited, userData);
            return;
        }
        switch (request.operation()) {
            case Accept accept -> {
                if (accept.continuous) {
                    SqeEncoder.acceptMultishot(sqe, fd, userData);
                } else {
                    SqeEncoder.accept(sqe, fd, userData);
                }
            }
            case Receive receive -> {
                MemorySegment memory = receive.memory;
                if (memory != null) {
                    int bytes = (int) Math.min(memory.byteSize(), MAX_TRANSFER_BYTES);
                    SqeEncoder.receive(sqe, fd, memory.address(), bytes, userData);
                } else {
                    SqeEncoder.receiveSelecting(sqe, fd, buffers(request).group(), userData);
                }
            }
            case ReceiveContinuously _ -> {
                ReceiveBuffers pool = buffers(request);
                if (pool.isCrowded()) {
                    SqeEncoder.receiveSelecting(sqe, fd, pool.group(), userData);
                } else {
                    SqeEncoder.receiveMultishot(sqe, fd, pool.group(), userData);
                }
            }
            case Send send -> encodeSend(request, send, sqe, fd, userData);
            case DatagramOperation datagram -> Datagrams.encode(request, datagram, sqe);
            case FileOperation file -> files.encode(request, file, sqe);
            case Connect _ -> {
                ConnectMemory to = Objects.requireNonNull(request.extras().connectTo);
                SqeEncoder.connect(sqe, fd, to.address(), to.length(), userData);
            }
            case Disconnect _ -> throw new IllegalArgumentException("a disconnect is the shard's business");
            case Handshake _ -> throw new IllegalArgumentException("a handshake is made of receives and sends");
            case Post _ -> throw new IllegalArgumentException("a post needs no engine");
            case SendFile _, Transmit _ ->
                throw new IllegalArgumentException(
                        "made of others: " + request.operation().kind());
        }
    }

    private boolean maySendWithoutCopy(UringEndpoint endpoint, Send send, long bytes) {
        return send.release() != null && !neverWithoutCopy && zeroCopy.suits(endpoint, bytes);
    }

    private void encodeSend(Request request, Send send, long sqe, int fd, long userData) {
        long sent = request.transferred;
        if (send.pieces == 1 && send.piece(0).byteSize() > 0) {
            MemorySegment memory = send.piece(0);
            int bytes = (int) Math.min(memory.byteSize() - sent, MAX_TRANSFER_BYTES);
            request.zeroCopy = !request.copying && maySendWithoutCopy(request.endpoint(), send, bytes);
            if (request.zeroCopy) {
                SqeEncoder.sendZeroCopy(sqe, fd, memory.address() + sent, bytes, userData);
                return;
            }
            if (send.continues) {
                SqeEncoder.sendBeforeMore(sqe, fd, memory.address() + sent, bytes, userData);
            } else {
                SqeEncoder.send(sqe, fd, memory.address() + sent, bytes, userData);
            }
        } else if (send.length() == 0) {
            // Nothing to send still completes, and in its turn.
            SqeEncoder.nop(sqe, userData);
        } else {
            GatherMemory gather = request.extras().gather;
            if (gather == null || !gather.isEnoughFor(send.pieces)) {
                gather = new GatherMemory(send.pieces);
                request.extras().gather = gather;
            }
            SqeEncoder.sendMessage(sqe, fd, gather.describe(send, sent), send.continues, userData);
        }
    }

    // ---- turn

    @Override
    public int turn(long timeoutNanos) {
        reported = 0;
        if (!wakeUp.isArmed()) {
            armWakeUp();
        }
        if (adoption.isUnderWay()) {
            adoption.proceed(this);
        }
        boolean mayGoOn = resume(timeoutNanos != 0 && submissions.pending() == 0);
        if (timeoutNanos == 0
                || mayGoOn
                || !ended.isEmpty()
                || !paused.isEmpty()
                || helpers.hasFinished()
                || !completions.isEmpty()
                || adoption.isUnderWay()) {
            check(ring.submitAndPoll());
        } else if (unsent.isEmpty() && uncancelled.isEmpty() && wakeUp.isArmed()) {
            check(ring.submitAndWait(timeoutNanos));
        } else {
            check(ring.submitAndWait(timeoutNanos < 0 ? RETRY_NANOS : Math.min(timeoutNanos, RETRY_NANOS)));
        }
        reap();
        helpers.collect();
        for (HelperTask task = helpers.next(); task != null; task = helpers.next()) {
            helped(task);
        }
        for (Request request = ended.poll(); request != null; request = ended.poll()) {
            end(request, request.extras().endStatus, request.extras().endError);
        }
        return reported;
    }

    /** Errors that only mean "later" are fine; any other means that the ring cannot be used any more. */
    private static void check(int entered) {
        if (entered < 0) {
            switch (-entered) {
                case Errno.ETIME, Errno.EINTR, Errno.EAGAIN, Errno.EBUSY -> {}
                default -> throw new UncheckedIOException(new LinuxException("io_uring_enter", entered));
            }
        }
    }

    /**
     * Goes on with what had to wait, as far as there is room.
     *
     * @param idle whether there is nothing to submit, and nothing ready to run
     * @return whether the next turn has more of it to do, whatever completes until then
     */
    private boolean resume(boolean idle) {
        boolean more = false;
        for (ReceiveBuffers pool : pools.all()) {
            pool.lend();
            for (int free = pool.available(); free > 0 && pool.isCrowded(); free--) {
                resume(pool.queue);
            }
            // With a buffer: whoever got his turn may have nothing to receive, and those behind him something.
            // Without: what is about to be submitted may be long in completing, and only the next turn sees a stall.
            more |= pool.isCrowded() && (pool.available() > 0 || !idle);
            if (pool.stalls(idle) && pool.hasOwn()) {
                pollQueued(pool.queue);
            }
        }
        for (int waiting = paused.size(); waiting > 0; waiting--) {
            Request request = paused.poll();
            if (request != null) {
                sendFile(request, (SendFile) request.operation());
            }
        }
        for (int waiting = unsent.size(); waiting > 0; waiting--) {
            resume(unsent);
        }
        for (int waiting = uncancelled.size(); waiting > 0; waiting--) {
            Request request = uncancelled.poll();
            if (request != null) {
                cancelInKernel(request);
            }
        }
        return more;
    }

    /**
     * Continuous receives with nothing unread need not wait for the ring's buffers, which others may have stashed: once there is
     * input they get one beside it. A single receive waits for a buffer that its caller or somebody else releases.
     */
    private void pollQueued(RequestList queue) {
        for (int waiting = queue.size(); waiting > 0; waiting--) {
            Request request = queue.poll();
            if (request == null) {
                return;
            }
            if (request.operation() instanceof ReceiveContinuously receive && receive.unread == 0) {
                request.polling = true;
                arm(request);
            } else {
                queue.add(request);
            }
        }
    }

    private void resume(RequestList waiting) {
        Request request = waiting.poll();
        if (request != null) {
            arm(request);
        }
    }

    private void reap() {
        int head = completions.head();
        int tail = completions.tail();
        try {
            while (head != tail) {
                long cqe = completions.entry(head++);
                dispatch(CompletionQueue.userData(cqe), CompletionQueue.result(cqe), CompletionQueue.flags(cqe));
            }
        } finally {
            // Also when the sink failed: that completion is lost to it, the ones behind it come with the next turn.
            completions.advanceTo(head);
        }
    }

    private void dispatch(long userData, int result, int flags) {
        if (UserData.slot(userData) < 0) {
            dispatchOther(userData, result, flags);
            return;
        }
        Request request = requests.find(userData);
        if (request == null) {
            sink.staleCompletion();
            return;
        }
        boolean more = (flags & UringAbi.CQE_F_MORE) != 0;
        if (!more) {
            submitters.done(request.submitter);
            request.adopting = false;
        } else if (adoption.isDue(request)) {
            adopt(request);
        }
        if (request.place() == Request.Place.SUPERSEDED) {
            superseded(request, result, flags);
            return;
        }
        if (request.place() == Request.Place.LENT) {
            returned(request, flags);
            return;
        }
        if (request.polling) {
            request.polling = false;
            if (request.operation() instanceof SendFile send) {
                writable(request, send);
            } else {
                polled(request, result);
            }
            return;
        }
        switch (request.operation()) {
            case Accept accept -> accepted(request, accept, result, flags);
            case Receive receive -> received(request, receive, result, flags);
            case ReceiveContinuously receive -> received(request, receive, result, flags);
            case Send send -> {
                BufferRelease buffer = more ? send.release() : null;
                sent(buffer == null ? request : lend(request, send, buffer), send, result);
            }
            case DatagramOperation datagram -> datagramCompleted(request, datagram, result);
            case FileOperation file -> fileCompleted(request, file, result);
            case Connect connect -> connected(request, connect, result);
            case Disconnect _ -> throw new IllegalStateException("a disconnect was submitted");
            case Handshake _ -> throw new IllegalStateException("a handshake was submitted");
            case SendFile _, Transmit _ -> throw new IllegalStateException("a request that is never made");
            case Post _ -> throw new IllegalStateException("a post was submitted");
        }
    }

    /** What belongs to no operation. */
    private void dispatchOther(long userData, int result, int flags) {
        switch (UserData.kind(userData)) {
            case WAKE_UP -> wakeUp.completed(userData, (flags & UringAbi.CQE_F_MORE) != 0);
            case WAKE_UP_CANCEL -> cancelForeignWakeUps(); // not found: its thread is just completing it
            case CANCEL -> cancelFailed(requests.find(UserData.cancelled(userData)), result);
            case REPORTING_CANCEL -> cancelReported(requests.find(UserData.cancelled(userData)), result);
            case REQUEST -> throw new AssertionError("has a slot");
        }
    }

    private void cancelFailed(@Nullable Request request, int result) {
        // Any other error (EALREADY) means that the request was found and will end by itself.
        if (request != null
                && result == -Errno.ENOENT
                && request.place() == Request.Place.KERNEL
                && request.list == null) {
            uncancelled.add(request);
        }
    }

    private void cancelReported(@Nullable Request request, int result) {
        if (request == null || request.place() != Request.Place.KERNEL) {
            return; // its own completion came first, or another cancel's
        }
        request.adopting = false;
        if (result == 0) {
            supersede(request);
        } else if (request.cancelRequested) {
            cancelFailed(request, result);
        }
    }

    /** The kernel has cancelled a request and will only say so: its operation goes on in another, or ends. */
    private void supersede(Request old) {
        Operation operation = old.operation();
        boolean cancelled = old.cancelRequested;
        Request fresh = requests.begin(operation, old.endpoint());
        old.leaveList();
        old.move(Request.Place.SUPERSEDED);
        if (cancelled) {
            end(fresh, Status.CANCELLED, 0);
        } else {
            arm(fresh);
        }
    }

    /** A request whose operation has gone on elsewhere has completed; ECANCELED, unless the kernel has broken its word. */
    private void superseded(Request request, int result, int flags) {
        UringEndpoint endpoint = request.endpoint();
        if ((flags & UringAbi.CQE_F_BUFFER) != 0) {
            giveBackUnused(request, flags);
        }
        if (!request.polling && (result > 0 || (result == 0 && endpoint.isListener()))) {
            if (endpoint.isListener()) {
                libc.close(result);
                sink.acceptAborted();
            } else if (endpoint.isConnection() && endpoint.hasDescriptor()) {
                // Bytes that may be out of order by now: the stream is broken, and must not go on as if it were not.
                libc.shutdown(endpoint.fd(), Libc.SHUT_RDWR);
            }
        }
        if ((flags & UringAbi.CQE_F_MORE) == 0) {
            requests.end(request);
        }
    }

    // ---- completions, by operation

    private void accepted(Request request, Accept accept, int result, int flags) {
        if (result < 0) {
            if (ErrnoStatus.isOfOneConnection(-result)) {
                sink.acceptAborted();
                again(request, flags);
            } else if (result == -Errno.EINVAL) {
                // What Linux says once the listener was shut down.
                end(request, request.cancelRequested ? Status.CANCELLED : Status.HANDLE_CLOSED, 0);
            } else {
                failed(request, result, flags);
            }
            return;
        }
        UringEndpoint connection = connection(request.endpoint(), result);
        if (connection == null) {
            libc.close(result);
            sink.acceptAborted();
            again(request, flags);
        } else if (accept.continuous) {
            reported++;
            try {
                sink.accepted(accept, connection);
            } finally {
                again(request, flags); // also when the sink failed: others want to be accepted
            }
        } else {
            accept.accepted = connection;
            end(request, Status.OK, 0);
        }
    }

    /** The endpoint of an accepted descriptor; null if the peer is gone before its address could be read. */
    @Nullable
    private UringEndpoint connection(UringEndpoint listener, int fd) {
        byte[] remote = sockets.peerName(fd);
        if (remote == null) {
            return null;
        }
        try {
            SocketSettings.ofStream(sockets, fd, SockAddr.family(remote), listener.options.socket());
            return new UringEndpoint(fd, listener.options, sockets.localAddress(fd), remote);
        } catch (LinuxException gone) {
            return null;
        }
    }

    private void received(Request request, Receive receive, int result, int flags) {
        MemorySegment memory = receive.memory;
        if (result > 0) {
            if (memory == null) {
                receive.lease = buffers(request).filled(flags >>> UringAbi.CQE_BUFFER_SHIFT, result);
            }
            request.transferred = result;
            end(request, Status.OK, 0);
            return;
        }
        giveBackUnused(request, flags);
        if (result < 0) {
            failed(request, result, flags);
        } else {
            // A receive of no bytes only asks whether there is something to read.
            end(request, memory != null && memory.byteSize() == 0 ? Status.OK : Status.EOF, 0);
        }
    }

    private void received(Request request, ReceiveContinuously receive, int result, int flags) {
        if (result > 0) {
            report(request, receive, buffers(request).filled(flags >>> UringAbi.CQE_BUFFER_SHIFT, result), flags);
            return;
        }
        giveBackUnused(request, flags);
        if (result < 0) {
            failed(request, result, flags);
        } else {
            end(request, Status.EOF, 0);
        }
    }

    private void connected(Request request, Connect connect, int result) {
        if (result == 0 && connecting.name(request.endpoint())) {
            end(request, Status.OK, 0);
            return;
        }
        connecting.close(request.endpoint());
        switch (result == 0 ? Errno.ECONNRESET : -result) {
            case Errno.ECANCELED, Errno.EINTR -> {
                if (request.cancelRequested) {
                    end(request, Status.CANCELLED, 0);
                } else {
                    connect(request, connect); // its thread has died
                }
            }
            case Errno.ECONNRESET -> end(request, Status.RESET, Errno.ECONNRESET);
            default -> end(request, Connecting.statusOf(-result), -result);
        }
    }

    /** A receive that had found no buffer has input, or its poll has failed. */
    private void polled(Request request, int result) {
        ReceiveBuffers pool = buffers(request);
        LeasedBuffer own = result < 0 || pool.available() > 0 ? null : pools.takeOwn(pool);
        if (own == null) {
            again(request, 0); // as any other receive: it may find no buffer again
            return;
        }
        long received = attempts.receive(request.endpoint(), own);
        if (received < 0) {
            failed(request, (int) received, 0);
        } else if (received == 0) {
            end(request, Status.EOF, 0);
        } else {
            report(request, (ReceiveContinuously) request.operation(), own, 0);
        }
    }

    /** Reports bytes, and goes on, also when the sink failed: the bytes behind must still come. */
    private void report(Request request, ReceiveContinuously receive, LeasedBuffer buffer, int flags) {
        reported++;
        try {
            sink.received(receive, buffer);
        } finally {
            again(request, flags);
        }
    }

    /** There is room in the socket again, or its error is to be found, or the poll was cancelled. */
    private void writable(Request request, SendFile send) {
        if (request.cancelRequested) {
            end(request, Status.CANCELLED, 0);
        } else {
            sendFile(request, send);
        }
    }

    private static void giveBackUnused(Request request, int flags) {
        if ((flags & UringAbi.CQE_F_BUFFER) != 0) {
            buffers(request).unused(flags >>> UringAbi.CQE_BUFFER_SHIFT);
        }
    }

    /** The kernel has still to say that it does not read the memory any more: the operation moves to another slot. */
    private Request lend(Request old, Send send, BufferRelease buffer) {
        buffer.hold();
        Request fresh = requests.begin(send, old.endpoint());
        fresh.transferred = old.transferred;
        fresh.cancelRequested = old.cancelRequested;
        fresh.zeroCopy = old.zeroCopy;
        fresh.copying = old.copying;
        old.lend(buffer);
        return fresh;
    }

    private void returned(Request request, int flags) {
        BufferRelease buffer = request.extras().lent;
        if (buffer == null || (flags & UringAbi.CQE_F_NOTIF) == 0) {
            throw new IllegalStateException("a second result of the send in slot " + request.slot);
        }
        requests.end(request);
        reported++;
        sink.returned(buffer);
    }

    /** Whether a send was refused only because it is one without a copy; then it is made again, with one. */
    private boolean isRefusedWithoutCopy(Request request, int errno) {
        if (!request.zeroCopy) {
            return false;
        }
        switch (errno) {
            case Errno.EINVAL -> neverWithoutCopy = true; // an opcode that it does not know
            case Errno.ENOMEM, Errno.ENOBUFS, Errno.EOPNOTSUPP -> {}
            default -> {
                return false;
            }
        }
        request.copying = true;
        return true;
    }

    private void sent(Request request, Send send, int result) {
        if (result < 0 && isRefusedWithoutCopy(request, -result)) {
            again(request, 0);
            return;
        }
        if (result < 0) {
            failed(request, result, 0);
            return;
        }
        request.transferred += result;
        if (request.transferred == send.length()) {
            end(request, Status.OK, 0);
        } else if (result == 0) {
            end(request, Status.IO_ERROR, Errno.EIO);
        } else {
            // Short in spite of MSG_WAITALL: too long for one call, cancelled, or broken, which the next call tells.
            again(request, 0);
        }
    }

    private void datagramCompleted(Request request, DatagramOperation datagram, int result) {
        if (result == -Errno.ECANCELED || result == -Errno.EINTR || result == -Errno.EAGAIN) {
            again(request, 0);
        } else if (result < 0) {
            end(request, Datagrams.statusOf(-result), -result);
        } else {
            Datagrams.succeeded(request, datagram, result);
            end(request, Status.OK, 0);
        }
    }

    private void fileCompleted(Request request, FileOperation file, int first) {
        int result = first < 0 ? files.fallBack(file, request.endpoint(), first) : first;
        if (result == -Errno.ECANCELED || result == -Errno.EINTR || result == -Errno.EAGAIN) {
            again(request, 0);
        } else if (result < 0) {
            FileFailure failure = FileRequests.failure(result);
            end(request, failure.status(), failure.nativeError());
        } else if (files.succeeded(request, file, result)) {
            boolean nothing = file instanceof FileRead && request.transferred == 0;
            end(request, nothing ? Status.EOF : Status.OK, 0);
        } else if (result == 0) {
            end(request, FileFailure.NO_PROGRESS.status(), FileFailure.NO_PROGRESS.nativeError());
        } else {
            again(request, 0); // too long for one call, or short: the next tells why
        }
    }

    private void failed(Request request, int result, int flags) {
        switch (-result) {
            case Errno.ECANCELED, Errno.EINTR, Errno.EAGAIN -> again(request, flags);
            case Errno.ENOBUFS -> {
                if (!selectsBuffer(request.operation())) {
                    end(request, Status.RESOURCE_LIMIT, Errno.ENOBUFS);
                } else if (request.cancelRequested) {
                    end(request, Status.CANCELLED, 0);
                } else {
                    queue(request);
                }
            }
            default -> end(request, ErrnoStatus.of(-result), -result);
        }
    }

    /** The kernel is done with the request unless it said that more follows; the operation is not, unless cancelled. */
    private void again(Request request, int flags) {
        if ((flags & UringAbi.CQE_F_MORE) != 0) {
            return;
        }
        if (request.cancelRequested) {
            end(request, Status.CANCELLED, 0);
        } else {
            armInTurn(request);
        }
    }

    private void end(Request request, Status status, int nativeError) {
        Operation operation = request.operation();
        long bytes = request.transferred;
        if (status != Status.OK && operation instanceof Connect) {
            connecting.close(request.endpoint()); // it may never have come to the kernel
        }
        request.leaveList();
        requests.end(request);
        operation.engineTag = 0;
        reported++;
        sink.completed(operation, status, bytes, nativeError);
    }

    /** For what ends while nothing may be reported. */
    private void endLater(Request request, Status status, int nativeError) {
        request.leaveList();
        request.move(Request.Place.ENDED);
        request.extras().endStatus = status;
        request.extras().endError = nativeError;
        ended.add(request);
    }

    // ---- receive buffers

    private static boolean selectsBuffer(Operation operation) {
        return operation instanceof ReceiveContinuously
                || (operation instanceof Receive receive && receive.memory == null);
    }

    private static ReceiveBuffers buffers(Request request) {
        ReceiveBuffers buffers = request.endpoint().receiveBuffers;
        if (buffers == null) {
            throw new IllegalStateException("no receive buffers for slot " + request.slot);
        }
        return buffers;
    }

    /** Finds the buffers for an endpoint's size; false if that failed and the request ends with it. */
    private boolean findBuffers(Request request) {
        try {
            pools.of(request.endpoint());
            return true;
        } catch (LinuxException refused) {
            endLater(request, ErrnoStatus.of(refused.errno()), refused.errno());
            return false;
        }
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        pools.giveBack(buffer);
    }

    // ---- wake-up and the end

    private void armWakeUp() {
        long sqe = freeEntry();
        if (sqe != 0) {
            wakeUp.arm(sqe);
            cancelForeignWakeUps();
        }
    }

    private void cancelForeignWakeUps() {
        for (long poll : wakeUp.foreign()) {
            long sqe = freeEntry();
            if (sqe != 0) {
                SqeEncoder.cancel(sqe, poll, UserData.ofWakeUpCancel(poll));
            }
        }
    }

    @Override
    public void wakeup() {
        wakeUp.wake();
    }

    @Override
    public void shutdown(Endpoint endpoint) {
        if (endpoint.file() != null) {
            return; // nobody sees it from outside
        }
        UringEndpoint of = (UringEndpoint) endpoint;
        if (!of.hasDescriptor()) {
            return;
        }
        if (endpoint.isListener()) {
            libc.shutdown(of.fd(), Libc.SHUT_RDWR);
        } else if (endpoint.isConnection() && !of.options.socket().resetOnClose()) {
            // Its input stays open: its receive is cancelled, and must not look like the peer's end of the stream. One
            // that is reset must not end its stream in good order before.
            libc.shutdown(of.fd(), Libc.SHUT_WR);
        }
    }

    @Override
    public void shutdownOutput(Endpoint endpoint) {
        libc.shutdown(((UringEndpoint) endpoint).fd(), Libc.SHUT_WR);
    }

    @Override
    public void abort(Endpoint endpoint) {
        UringEndpoint of = (UringEndpoint) endpoint;
        if (of.hasDescriptor()) {
            try {
                sockets.setLinger(of.fd(), 0);
            } catch (LinuxException gone) {
                return; // the connection is broken already: nobody would see a reset
            }
        }
    }

    @Override
    public void detach(Endpoint endpoint) {
        ((UringEndpoint) endpoint).receiveBuffers = null; // they are this loop's
    }

    @Override
    public void install(Endpoint into, Endpoint from) {
        ((UringEndpoint) into).giveFd(((UringEndpoint) from).takeFd());
    }

    @Override
    public void closeDescriptor(Endpoint endpoint) {
        OpenFile file = endpoint.file();
        if (file != null) {
            file.unpin();
            return;
        }
        UringEndpoint of = (UringEndpoint) endpoint;
        if (of.hasDescriptor()) {
            libc.close(of.takeFd());
        }
    }

    @Override
    public void close() {
        if (wakeUp.end()) {
            ring.close();
            wakeUp.close();
        }
    }

    @Override
    public long receiveMemoryBytes() {
        return pools.receiveBytes();
    }

    @Override
    public long ringMemoryBytes() {
        return pools.ringBytes();
    }
}
