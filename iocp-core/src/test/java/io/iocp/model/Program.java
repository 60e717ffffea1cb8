package io.iocp.model;

import io.iocp.BlockingDetection;
import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.Handle;
import io.iocp.Listener;
import io.iocp.OpenPort;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.simulated.SimulatedPeer;
import io.iocp.engine.simulated.Stepper;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.ScheduledPost;
import io.iocp.operation.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One random program against a port on the simulated engine, and the rules that every program must find kept: made from its
 * seed alone, steps, faults and sizes included.
 *
 * <p>The port's only worker runs it, one step whenever its loop asks for one; so a seed always gives the same run. A handler
 * that blocks is on another thread, but while it waits at its gate, and while it goes on the worker waits for it.
 *
 * <p>Or it runs freely: two threads do the steps, two shards and their workers and spares do theirs, and what is known of the
 * whole is guarded by this object's lock. The rules are the same but for those that need the one thread: what must have
 * happened when nothing can happen any more, and the order of posts among workers.
 */
final class Program implements Stepper, CompletionHandler {
    /*
     * What is checked, by the numbers of ARCHITECTURE.md:
     * I1  each operation has one last packet and none behind it, or its start threw; nothing is in flight at the end.
     * I2  memory is written before the packet and read before it, never later: free pieces are poisoned and looked at,
     *     what is sent is compared with what the peer reads, the pools are full again at the end.
     * I5  posts run in the order of posting; the packets of a handle come one at a time, those of a direction in the
     *     order of their starts, with sequence numbers without a gap.
     * I7  a close ends everything, and the peer sees it.
     * Bytes come once and in order, in both directions. A status is one that something has given a reason for. When
     * nothing can happen any more, nothing waits that could go on.
     */
    private static final int MOST_CONNECTIONS = 3;
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** What was started. */
    private static final class Op {
        final int id;
        final OverlappedIO io;
        final OperationKind kind;
        final @Nullable Conn conn;
        boolean continuous;
        boolean fills;
        boolean cancelled;
        boolean timed;
        boolean delayed;
        boolean seen;
        boolean done;
        long sequence = -1;
        byte @Nullable [] content;

        @Nullable
        MemorySegment memory;

        @Nullable
        ScheduledPost scheduled;

        long bytes;

        Op(int id, OverlappedIO io, OperationKind kind, @Nullable Conn conn) {
            this.id = id;
            this.io = io;
            this.kind = kind;
            this.conn = conn;
        }

        @Override
        public String toString() {
            return kind + "#" + id + (conn == null ? "" : "@" + conn.id);
        }
    }

    /** A connection, from both sides. */
    private static final class Conn {
        final int id;
        final SimulatedPeer peer;
        final ByteArrayOutputStream peerRead = new ByteArrayOutputStream();
        final List<Op> sends = new ArrayList<>();
        final boolean[] running = new boolean[1];

        @Nullable
        Connection connection;

        long written;
        long received;
        long inputs;
        long outputs;
        long lastInput = -1;
        long lastOutput = -1;
        boolean closedByUs;
        boolean idleTimeout;
        boolean paused;
        boolean peerFinished;
        boolean peerClosed;
        boolean peerReset;
        boolean sawReset;
        boolean peerSawEnd;
        boolean peerSawReset;

        Conn(int id, SimulatedPeer peer) {
            this.id = id;
            this.peer = peer;
        }

        boolean resetPossible(Faults faults) {
            return peerReset || peerClosed || sawReset || faults.reset() > 0;
        }
    }

    /** A buffer that was sent without a copy and has not come back. */
    private static final class Lent {
        final LeasedBuffer buffer;
        boolean started;

        Lent(LeasedBuffer buffer) {
            this.buffer = buffer;
        }
    }

    private record Retained(LeasedBuffer buffer, ByteBuffer content) {}

    private final boolean free;
    private final long seed;
    private final SplittableRandom random;
    private final Slab slab;
    private final Faults faults;
    private final SimulatedNetwork network;
    private final @Nullable List<String> trace;
    private final Thread runner = Thread.currentThread();
    private final CountDownLatch opened = new CountDownLatch(1);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicReference<@Nullable AssertionError> failure = new AtomicReference<>();
    private final Map<Integer, Conn> byPort = new HashMap<>();
    private final List<Conn> conns = new ArrayList<>();
    private final List<Op> outstanding = new ArrayList<>();
    private final ArrayDeque<OverlappedIO> unused = new ArrayDeque<>();
    private final ArrayDeque<Op> posts = new ArrayDeque<>();
    private final List<Retained> retained = new ArrayList<>();
    private final List<Lent> lent = new ArrayList<>();
    private final boolean graceful;
    private final int receiveBufferSize;

    // Handlers that block.
    private final Semaphore gate = new Semaphore(0);
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile @Nullable Thread atGate;
    private volatile @Nullable Op blocked;
    private volatile boolean gateDone = true;
    private int sentAway;
    private @Nullable Op sent;
    private volatile @Nullable Thread worker;

    private final List<Thread> drivers = new ArrayList<>();
    private volatile boolean driving = true;

    private @Nullable CompletionPort port;
    private @Nullable Listener listener;
    private boolean listenerClosed;
    private long listenerInputs;
    private int stepsLeft;
    private int nextId;
    private boolean closeAsked;
    private int idleSinceClose;
    private int cleanIdles;

    /** @param trace what happens is written there; null for nobody */
    Program(long seed, Slab slab, @Nullable List<String> trace) {
        this(seed, slab, trace, false);
    }

    /** @param free with workers and drivers that run as they like, so that the seed does not make the run */
    Program(long seed, Slab slab, @Nullable List<String> trace, boolean free) {
        this.free = free;
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.slab = slab;
        this.trace = trace;
        int kind = random.nextInt(4);
        faults = kind == 0 ? Faults.none() : kind == 3 ? Faults.all() : Faults.timing();
        int window = 1 << random.nextInt(9);
        network = free
                ? SimulatedNetwork.of(seed, faults).window(window)
                : SimulatedNetwork.stepped(seed, faults, window, this);
        stepsLeft = 10 + random.nextInt(50);
        graceful = random.nextInt(4) == 0;
        receiveBufferSize = 16 << random.nextInt(2);
    }

    /**
     * Runs the program.
     *
     * @throws AssertionError if a rule was broken
     */
    void run(PlantedBug bug) {
        slab.reset();
        PortOptions options = PortOptions.defaults()
                .name("program")
                .concurrency(free ? 2 : 1)
                .maxWorkers(free ? 4 : 2)
                .blockingDetection(BlockingDetection.OFF)
                .receiveBuffers(2 << random.nextInt(2))
                .receiveCredit(1 + random.nextInt(4))
                .readyBudget(1 + random.nextInt(6))
                .completionEntries(16)
                .maxInFlight(random.nextInt(8) == 0 ? 3 : 1000)
                .closeTimeout(Duration.ofSeconds(20))
                .closeHandles(true);
        try {
            CompletionPort made = OpenPort.on(bug.engine(network), options, this);
            port = made;
            opened.countDown();
            if (free) {
                synchronized (this) {
                    begin();
                }
                drive();
            }
            closing.await();
            if (graceful) {
                made.shutdown(Duration.ofSeconds(20));
            } else {
                made.close();
            }
            driving = false;
            for (Thread driver : drivers) {
                driver.join();
            }
            checkEnd(made);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
        AssertionError broken = failure.get();
        if (broken != null) {
            throw broken;
        }
    }

    private void fail(String what) {
        AssertionError error = new AssertionError(what + "; program with seed " + seed);
        log(() -> "BROKEN: " + what);
        failure.compareAndSet(null, error);
    }

    private void check(boolean kept, String rule, Object about) {
        if (!kept) {
            fail(rule + ": " + about);
        }
    }

    private void log(Supplier<String> line) {
        if (trace != null) {
            synchronized (trace) {
                trace.add(line.get());
            }
        }
    }

    // ---- the steps

    @Override
    public boolean step(boolean idle) {
        awaitOpened();
        awaitBlocked();
        if (failure.get() != null) {
            return giveUp(idle);
        }
        if (listener == null && !closeAsked) {
            begin();
            return true;
        }
        if (closeAsked) {
            return idle && ending();
        }
        if (stepsLeft > 0) {
            if (!idle && random.nextInt(2) == 0) {
                return false;
            }
            if (idle) {
                checkIdle();
                if (random.nextInt(4) == 0) {
                    return false; // the clock goes on, if something waits for it
                }
            }
            stepsLeft--;
            act(false);
            return true;
        }
        return idle && finish();
    }

    /** Threads that do the steps of a program that runs freely, then keep the peers reading until the port is closed. */
    private void drive() {
        for (int i = 0; i < 2; i++) {
            drivers.add(Thread.ofPlatform().start(() -> {
                while (driving && failure.get() == null) {
                    synchronized (this) {
                        if (stepsLeft-- > 0 && !closeAsked) {
                            act(false);
                        } else {
                            releaseAll();
                            conns.forEach(conn -> peerReads(conn, 1000));
                            if (!closeAsked && (outstanding.isEmpty() || stepsLeft < -50)) {
                                askForClose();
                            }
                        }
                    }
                    LockSupport.parkNanos(1_000); // the lock is for the others too
                }
                closing.countDown();
            }));
        }
    }

    private void awaitOpened() {
        worker = Thread.currentThread();
        boolean interrupted = false;
        while (true) {
            try {
                opened.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever was sent to another thread has come to its gate. */
    private void awaitBlocked() {
        long begin = System.nanoTime();
        while (arrived.get() < sentAway) {
            spin(begin, "a handler that blocks does not begin");
        }
        sent = null;
    }

    private void spin(long begin, String what) {
        if (System.nanoTime() - begin > STUCK_NANOS) {
            throw new IllegalStateException(what);
        }
        LockSupport.parkNanos(20_000);
    }

    private void begin() {
        try {
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            listener = port().listen(
                            any,
                            ListenOptions.defaults()
                                    .withBacklog(1 + random.nextInt(3))
                                    .withReceiveBufferSize(receiveBufferSize),
                            "listener");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            connect();
        }
        accept();
    }

    private CompletionPort port() {
        return Objects.requireNonNull(port);
    }

    /** The program is over: everything that can end by itself does, then the port is closed. True if it did something. */
    private boolean finish() {
        checkIdle();
        if (random.nextInt(2) == 0 || cleanIdles > 20) {
            askForClose();
            return true;
        }
        cleanIdles++;
        boolean did = openGate();
        did |= releaseAll();
        for (Conn conn : conns) {
            did |= peerReads(conn, 1000);
        }
        return did;
    }

    private void askForClose() {
        log(() -> graceful ? "shutdown" : "close");
        closeAsked = true;
        closing.countDown();
        if (free) {
            return;
        }
        long begin = System.nanoTime();
        while (port().isOpen() || runner.getState() != Thread.State.TIMED_WAITING) {
            if (System.nanoTime() - begin > STUCK_NANOS) {
                throw new IllegalStateException("nobody closes the port");
            }
            LockSupport.parkNanos(1_000);
        }
    }

    /** Nothing can happen while the port closes: what it waits for is the test's. True if it did something. */
    private boolean ending() {
        boolean did = openGate();
        did |= releaseAll();
        for (Conn conn : conns) {
            did |= peerReads(conn, 1000);
        }
        if (!did && ++idleSinceClose > 3) {
            fail("the port's worker sleeps though it is closing; still started: " + outstanding);
        }
        return did;
    }

    /** A rule was broken: all that matters is that the port ends. */
    private boolean giveUp(boolean idle) {
        boolean did = openGate();
        did |= releaseAll();
        if (!closeAsked) {
            conns.forEach(conn -> conn.peer.reset());
            askForClose();
        } else if (idle && !did) {
            throw new IllegalStateException("out of the turn: its wake-up is lost");
        }
        return did;
    }

    private void act(boolean inHandler) {
        switch (random.nextInt(30)) {
            case 0 -> connect();
            case 1 -> accept();
            case 2, 3 -> receive(false);
            case 4 -> {
                if (random.nextBoolean()) {
                    receive(false);
                } else {
                    awaitReadable();
                }
            }
            case 5, 6 -> receive(true);
            case 7, 8, 9, 10 -> send();
            case 11 -> cancelOne();
            case 12 -> cancelSome();
            case 13 -> post();
            case 14 -> postToHandle();
            case 15 -> postDelayed();
            case 16 -> cancelDelayed();
            case 17 -> pause();
            case 18 -> idleTimeout();
            case 19 -> closeOne();
            case 20, 21, 22, 23 -> peerWrites();
            case 24, 25 -> {
                Conn conn = any();
                if (conn != null) {
                    peerReads(conn, 1 + random.nextInt(100));
                }
            }
            case 26 -> peerEnds();
            case 27 -> openGate();
            case 28 -> releaseOne();
            default -> {
                if (!inHandler && random.nextInt(8) == 0) {
                    askForClose();
                }
            }
        }
    }

    // ---- what it does

    private @Nullable Conn any() {
        return conns.isEmpty() ? null : conns.get(random.nextInt(conns.size()));
    }

    private @Nullable Conn anyAccepted() {
        Conn conn = any();
        return conn == null || conn.connection == null ? null : conn;
    }

    private void connect() {
        if (conns.size() >= MOST_CONNECTIONS || listener == null) {
            return;
        }
        try {
            SimulatedPeer peer = network.connect(listener.localAddress(), 0);
            Conn conn = new Conn(conns.size(), peer);
            conns.add(conn);
            byPort.put(((InetSocketAddress) peer.localAddress()).getPort(), conn);
            log(() -> "connect " + conn.id);
        } catch (IOException full) {
            log(() -> "connect: " + full.getMessage());
        }
    }

    private OverlappedIO packet() {
        OverlappedIO io = random.nextBoolean() ? unused.poll() : null;
        return io == null ? new OverlappedIO() : io.timeout(null).groupId(0).fillBuffer(false);
    }

    private interface Start {
        void on(Op op) throws ClosedChannelException;
    }

    /** Starts an operation; true if it is started, false if the start threw, for a reason that there is. */
    private boolean start(Op op, Start how) {
        op.io.attachment(op);
        outstanding.add(op);
        try {
            how.on(op);
            log(() -> "start " + op);
            return true;
        } catch (ClosedChannelException closed) {
            check(
                    op.conn == null ? listenerClosed || !port().isOpen() : mayBeClosed(op.conn),
                    "closed, but nobody has closed it",
                    op);
        } catch (io.iocp.operation.ClosedPortException closed) {
            check(!port().isOpen(), "the port is closed, but nobody has closed it", op);
        } catch (io.iocp.operation.TooManyOperationsException many) {
            check(port().options().maxInFlight() < 1000, "too many operations", outstanding);
        }
        outstanding.remove(op);
        op.done = true;
        unused.add(op.io);
        log(() -> "refused " + op);
        return false;
    }

    private boolean mayBeClosed(Conn conn) {
        return conn.closedByUs || conn.idleTimeout || !port().isOpen();
    }

    private void accept() {
        Listener on = listener;
        if (on == null) {
            return;
        }
        Op op = new Op(nextId++, packet(), OperationKind.ACCEPT, null);
        op.continuous = random.nextBoolean();
        if (start(op, o -> {
            if (o.continuous) {
                on.acceptContinuously(o.io);
            } else {
                on.accept(o.io);
            }
        })) {
            op.sequence = listenerInputs++;
        }
    }

    private void receive(boolean continuously) {
        Conn conn = anyAccepted();
        Connection on = conn == null ? null : conn.connection;
        if (conn == null || on == null) {
            return;
        }
        Op op = new Op(nextId++, packet(), OperationKind.RECEIVE, conn);
        op.continuous = continuously;
        boolean started;
        if (continuously) {
            started = start(op, o -> on.receiveContinuously(o.io));
        } else {
            limit(op);
            int into = random.nextInt(3);
            MemorySegment memory = into == 0 ? null : into == 1 ? MemorySegment.ofArray(new byte[20]) : slab.take();
            if (memory == null) {
                started = start(op, o -> on.receive(o.io));
            } else {
                memory.fill((byte) 0xA5);
                op.memory = memory;
                op.fills = random.nextInt(4) == 0;
                op.io.fillBuffer(op.fills);
                started = start(op, o -> on.receive(o.io, memory));
                if (!started && memory.isNative()) {
                    slab.giveBack(memory);
                }
            }
        }
        if (started) {
            op.sequence = conn.inputs++;
        }
    }

    private void awaitReadable() {
        Conn conn = anyAccepted();
        Connection on = conn == null ? null : conn.connection;
        if (conn == null || on == null) {
            return;
        }
        Op op = new Op(nextId++, packet(), OperationKind.READABLE, conn);
        limit(op);
        if (start(op, o -> on.awaitReadable(o.io))) {
            op.sequence = conn.inputs++;
        }
    }

    private void limit(Op op) {
        if (random.nextInt(8) == 0) {
            op.io.timeout(Duration.ofMillis(1 + random.nextInt(50)));
            op.timed = true;
        }
        if (random.nextInt(4) == 0) {
            op.io.groupId(1);
        }
    }

    private void send() {
        Conn conn = anyAccepted();
        Connection on = conn == null ? null : conn.connection;
        if (conn == null || on == null) {
            return;
        }
        Op op = new Op(nextId++, packet(), OperationKind.SEND, conn);
        byte[] content = new byte[random.nextInt(Slab.PIECE + 1)];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (op.id * 37 + i * 11 + 1);
        }
        op.content = content;
        limit(op);
        conn.sends.add(op);
        boolean started;
        switch (random.nextInt(5)) {
            case 0 -> started = start(op, o -> on.send(o.io, ByteBuffer.wrap(content)));
            case 4 -> {
                LeasedBuffer buffer = port().buffers().lease(content.length);
                buffer.length(content.length);
                buffer.data().put(0, content);
                Lent mine = new Lent(buffer.retain());
                lent.add(mine);
                started = start(op, o -> on.sendZeroCopy(o.io, buffer, () -> cameBack(mine)));
                mine.started = started;
                if (!started) {
                    buffer.release();
                    buffer.release();
                    lent.remove(mine);
                }
            }
            case 1 -> {
                LeasedBuffer buffer = port().buffers().lease(content.length);
                buffer.length(content.length);
                buffer.data().put(0, content);
                started = start(op, o -> on.send(o.io, buffer));
                if (!started) {
                    buffer.release();
                }
            }
            case 2 -> {
                int cut = random.nextInt(content.length + 1);
                MemorySegment all = MemorySegment.ofArray(content);
                started = start(op, o -> on.send(o.io, all.asSlice(0, cut), all.asSlice(cut)));
            }
            default -> {
                MemorySegment piece = slab.take();
                if (piece == null) {
                    started = start(op, o -> on.send(o.io, ByteBuffer.wrap(content)));
                } else {
                    MemorySegment.copy(content, 0, piece, ValueLayout.JAVA_BYTE, 0, content.length);
                    op.memory = piece;
                    int cut = random.nextInt(content.length + 1);
                    MemorySegment all = piece.asSlice(0, content.length);
                    boolean gather = random.nextBoolean();
                    started = start(op, o -> {
                        if (gather) {
                            on.send(o.io, all.asSlice(0, cut), all.asSlice(cut));
                        } else {
                            on.send(o.io, all);
                        }
                    });
                    if (!started) {
                        slab.giveBack(piece);
                    }
                }
            }
        }
        if (started) {
            op.sequence = conn.outputs++;
        } else {
            conn.sends.remove(op);
        }
    }

    /** A buffer that was sent without a copy is this program's again: what it does with it now, nobody sees. */
    private void cameBack(Lent mine) {
        if (free) {
            synchronized (this) {
                takeBack(mine);
            }
        } else {
            takeBack(mine);
        }
    }

    private void takeBack(Lent mine) {
        log(() -> "came back: buffer of " + mine.buffer.length());
        check(mine.started && lent.remove(mine), "a buffer came back twice, or was never lent", mine.buffer.length());
        mine.buffer.segment().fill((byte) 0xEE);
        mine.buffer.release();
    }

    private void cancelOne() {
        if (!outstanding.isEmpty()) {
            Op op = outstanding.get(random.nextInt(outstanding.size()));
            boolean asked = op.io.cancel();
            op.cancelled |= asked;
            log(() -> "cancel " + op + ": " + asked);
        }
    }

    private void cancelSome() {
        Conn conn = anyAccepted();
        if (conn != null && conn.connection != null) {
            boolean all = random.nextBoolean();
            for (Op op : outstanding) {
                if (op.conn == conn && op.kind != OperationKind.POST && (all || op.io.groupId() == 1)) {
                    op.cancelled = true;
                }
            }
            int count = all ? conn.connection.cancelAll() : conn.connection.cancel(1);
            log(() -> "cancel " + (all ? "all" : "group") + " of " + conn.id + ": " + count);
        }
    }

    private void post() {
        Op op = new Op(nextId++, packet(), OperationKind.POST, null);
        posts.add(op);
        if (!start(op, o -> port().post(o.io, o.id, o.id, Status.OK))) {
            posts.remove(op);
        }
    }

    private void postToHandle() {
        Conn conn = anyAccepted();
        if (conn != null && conn.connection != null) {
            Connection on = conn.connection;
            start(new Op(nextId++, packet(), OperationKind.POST, conn), o -> on.post(o.io, o.id));
        }
    }

    private void postDelayed() {
        Conn conn = random.nextBoolean() ? anyAccepted() : null;
        Op op = new Op(nextId++, packet(), OperationKind.POST, conn);
        op.delayed = true;
        Handle bound = conn == null ? null : conn.connection;
        Duration delay = Duration.ofMillis(random.nextInt(100));
        start(op, o -> o.scheduled = port().postDelayed(o.io, o.id, delay, bound));
    }

    private void cancelDelayed() {
        List<Op> delayed =
                outstanding.stream().filter(op -> op.scheduled != null).toList();
        if (delayed.isEmpty()) {
            return;
        }
        Op op = delayed.get(random.nextInt(delayed.size()));
        if (op.scheduled != null && op.scheduled.cancel()) {
            log(() -> "took back " + op);
            outstanding.remove(op);
            op.done = true;
            unused.add(op.io);
        }
    }

    private void pause() {
        Conn conn = anyAccepted();
        if (conn != null && conn.connection != null) {
            if (conn.paused) {
                conn.connection.resumeReceiving();
            } else {
                conn.connection.pauseReceiving();
            }
            conn.paused = !conn.paused;
            log(() -> (conn.paused ? "pause " : "resume ") + conn.id);
        }
    }

    private void idleTimeout() {
        Conn conn = anyAccepted();
        if (conn != null && conn.connection != null && random.nextInt(3) == 0) {
            conn.idleTimeout = true;
            conn.connection.idleTimeout(Duration.ofMillis(10 + random.nextInt(100)));
            log(() -> "idle timeout " + conn.id);
        }
    }

    private void closeOne() {
        Conn conn = anyAccepted();
        if (conn != null && conn.connection != null) {
            log(() -> "close " + conn.id);
            conn.closedByUs = true;
            conn.connection.close();
        } else if (listener != null && random.nextInt(4) == 0) {
            log(() -> "close listener");
            listenerClosed = true;
            listener.close();
        }
    }

    private static byte streamByte(Conn conn, long index) {
        return (byte) (conn.id * 31L + index * 7 + (index >> 8) * 13 + 5);
    }

    private void peerWrites() {
        Conn conn = any();
        if (conn == null || conn.peerFinished || conn.peerClosed) {
            return;
        }
        byte[] bytes = new byte[1 + random.nextInt(100)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = streamByte(conn, conn.written + i);
        }
        try {
            int n = conn.peer.writeNow(bytes, 0, bytes.length);
            conn.written += n;
            log(() -> "peer " + conn.id + " writes " + n);
        } catch (SocketException e) {
            conn.peerSawReset = true;
        }
    }

    private boolean peerReads(Conn conn, int most) {
        if (conn.peerClosed || conn.peerSawEnd || conn.peerSawReset) {
            return false;
        }
        byte[] bytes = new byte[most];
        try {
            int n = conn.peer.readNow(bytes, 0, most);
            if (n < 0) {
                conn.peerSawEnd = true;
            } else if (n > 0) {
                conn.peerRead.write(bytes, 0, n);
            }
            log(() -> "peer " + conn.id + " reads " + n);
            return n != 0;
        } catch (SocketException e) {
            conn.peerSawReset = true;
            return true;
        }
    }

    private void peerEnds() {
        Conn conn = any();
        if (conn == null || conn.peerClosed) {
            return;
        }
        switch (random.nextInt(4)) {
            case 0 -> {
                conn.peerClosed = true;
                conn.peerReset = true;
                conn.peer.reset();
            }
            case 1 -> {
                peerReads(conn, 1000);
                conn.peerClosed = true;
                conn.peer.close();
            }
            default -> {
                conn.peerFinished = true;
                conn.peer.shutdownOutput();
            }
        }
        log(() -> "peer " + conn.id + (conn.peerReset ? " resets" : conn.peerClosed ? " closes" : " finishes"));
    }

    private boolean releaseAll() {
        boolean did = !retained.isEmpty();
        while (!retained.isEmpty()) {
            releaseOne();
        }
        return did;
    }

    private void releaseOne() {
        if (!retained.isEmpty()) {
            Retained one = retained.remove(random.nextInt(retained.size()));
            check(one.buffer.data().equals(one.content), "a retained buffer was overwritten", one.buffer.id());
            one.buffer.release();
        }
    }

    /** Lets the handler that blocks go on, and waits until its thread is idle again. True if there was one. */
    private boolean openGate() {
        Thread behind = atGate;
        if (behind == null) {
            return false;
        }
        log(() -> "open the gate");
        atGate = null;
        gateDone = false;
        gate.release();
        long begin = System.nanoTime();
        while (!gateDone || behind.getState() != Thread.State.TIMED_WAITING) {
            spin(begin, "a handler that blocked does not end");
        }
        return true;
    }

    // ---- the handler

    @Override
    public boolean blocks(OverlappedIO packet) {
        if (free) {
            synchronized (this) {
                return random.nextInt(16) == 0;
            }
        }
        if (closeAsked || atGate != null || sentAway > arrived.get() || random.nextInt(16) != 0) {
            return false;
        }
        sentAway++;
        log(() -> "sent away " + packet.attachment());
        Op op = (Op) Objects.requireNonNull(packet.attachment());
        sent = op;
        inTurn(op);
        return true;
    }

    @Override
    public void completed(OverlappedIO packet) {
        Op op = (Op) Objects.requireNonNull(packet.attachment());
        Conn conn = op.conn;
        if (free) {
            completedFreely(packet, op, conn);
            return;
        }
        if (conn != null) {
            check(!conn.running[0], "two packets of a handle at once", op);
            conn.running[0] = true;
        }
        boolean away = !Thread.currentThread().equals(worker);
        try {
            if (away) {
                blocked = op;
                atGate = Thread.currentThread();
                arrived.incrementAndGet();
                gate.acquire();
                blocked = null;
            } else if (op == sent) {
                sentAway--; // there was no thread left for it: it runs here
                sent = null;
            }
            if (!away) {
                inTurn(op);
            }
            packet(packet, op, conn);
            if (!closeAsked && failure.get() == null && random.nextInt(2) == 0) {
                for (int i = 1 + random.nextInt(2); i > 0; i--) {
                    act(true);
                }
            }
        } catch (RuntimeException | Error | InterruptedException e) {
            AssertionError error = new AssertionError("in the handler; program with seed " + seed, e);
            failure.compareAndSet(null, error);
        } finally {
            if (conn != null) {
                conn.running[0] = false;
            }
            if (away) {
                gateDone = true;
            }
        }
    }

    /** In three goes, so that another packet of the handle could come in between, which it must not. */
    private void completedFreely(OverlappedIO packet, Op op, @Nullable Conn conn) {
        if (conn != null) {
            synchronized (this) {
                check(!conn.running[0], "two packets of a handle at once", op);
                conn.running[0] = true;
            }
        }
        Thread.onSpinWait();
        try {
            synchronized (this) {
                packet(packet, op, conn);
                if (!closeAsked && random.nextInt(2) == 0) {
                    act(true);
                }
            }
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, new AssertionError("in the handler; program with seed " + seed, e));
        } finally {
            if (conn != null) {
                synchronized (this) {
                    conn.running[0] = false;
                }
            }
        }
    }

    private void packet(OverlappedIO io, Op op, @Nullable Conn conn) {
        Status status = io.status();
        boolean last = !io.more();
        log(() -> "packet " + op + " " + status + " " + io.bytesTransferred() + (last ? "" : " more"));
        check(!op.done, "a packet behind the last one", op);
        check(io.kind() == op.kind, "a packet of another kind", op);
        check(last || op.continuous, "many packets of one operation", op);
        if (last) {
            op.done = true;
            op.bytes = io.bytesTransferred();
            check(outstanding.remove(op), "a packet of what was not started", op);
        }
        check(plausible(status, op, conn), "status " + status + " without a reason", op);
        switch (op.kind) {
            case ACCEPT -> accepted(io, op, status, last);
            case RECEIVE -> received(io, op, Objects.requireNonNull(conn), status, last);
            case READABLE -> readable(io, op, Objects.requireNonNull(conn), status);
            case SEND -> sent(io, op, Objects.requireNonNull(conn), status);
            case POST -> posted(op, status);
            default -> throw new AssertionError("not started here: " + op.kind);
            case CONNECT, DISCONNECT -> throw new AssertionError("no program starts a " + op.kind);
        }
        if (last) {
            unused.add(io);
        }
    }

    /** Called on the port's worker, in the order of the packets. */
    private void inTurn(Op op) {
        if (op.kind == OperationKind.POST && op.conn == null && !op.delayed && !op.seen) {
            op.seen = true;
            check(posts.poll() == op, "posts out of order", op);
        }
    }

    private boolean plausible(Status status, Op op, @Nullable Conn conn) {
        return switch (status) {
            case OK -> true;
            case EOF -> op.kind == OperationKind.RECEIVE && conn != null && (conn.peerFinished || conn.peerClosed);
            case CANCELLED -> op.cancelled || op.continuous;
            case HANDLE_CLOSED ->
                conn == null ? listenerClosed : conn.closedByUs || conn.idleTimeout || (op.delayed && closeAsked);
            case PORT_CLOSED -> closeAsked;
            case TIMED_OUT -> op.timed || (conn != null && conn.idleTimeout);
            case TIMER_EXPIRED -> op.delayed;
            case RESET -> conn != null && conn.resetPossible(faults);
            case IO_ERROR -> faults.ioError() > 0;
            case ABORTED,
                    REFUSED,
                    UNREACHABLE,
                    CONNECT_TIMED_OUT,
                    ADDRESS_UNAVAILABLE,
                    SHUT_DOWN,
                    RESOURCE_LIMIT,
                    TLS_ERROR,
                    TRUNCATED,
                    FAULT -> false;
        };
    }

    private void accepted(OverlappedIO io, Op op, Status status, boolean last) {
        if (last) {
            check(io.sequence() == op.sequence, "sequence number " + io.sequence() + " not " + op.sequence, op);
        }
        if (status != Status.OK) {
            return;
        }
        Connection connection = io.accepted();
        Conn conn = byPort.get(((InetSocketAddress) connection.remoteAddress()).getPort());
        if (conn == null || conn.connection != null) {
            fail("accepted what nobody connected, or twice: " + connection);
            return;
        }
        if (closeAsked) {
            conn.closedByUs = true;
            connection.close();
            return;
        }
        conn.connection = connection;
        try {
            port().associate(connection, conn.id);
        } catch (IllegalStateException closed) {
            check(!port().isOpen(), "could not be associated", closed);
            connection.close();
        }
    }

    private void received(OverlappedIO io, Op op, Conn conn, Status status, boolean last) {
        check(io.sequence() == op.sequence, "sequence number " + io.sequence() + " not " + op.sequence, op);
        if (last && status != Status.CANCELLED && status != Status.TIMED_OUT) {
            check(op.sequence > conn.lastInput, "receives out of order", op);
            conn.lastInput = op.sequence;
        }
        long bytes = io.bytesTransferred();
        check(bytes > 0 ? status == Status.OK || op.fills : status != Status.OK, bytes + " with " + status, op);
        if (op.fills && status == Status.OK) {
            boolean full = bytes == Objects.requireNonNull(op.memory).byteSize();
            check(full || conn.peerFinished || conn.peerClosed, "not full, and not at the end", op);
        }
        if (bytes > 0) {
            ByteBuffer data = io.data();
            check(data.remaining() == bytes, "as many bytes as it says", op);
            for (long i = 0; data.hasRemaining(); i++) {
                byte got = data.get();
                if (got != streamByte(conn, conn.received + i)) {
                    fail("byte " + (conn.received + i) + " of the stream is wrong: " + op);
                    break;
                }
            }
            conn.received += bytes;
            check(conn.received <= conn.written, "more bytes than were sent", op);
            if (op.memory == null && random.nextInt(8) == 0 && !closeAsked) {
                LeasedBuffer buffer = io.retain();
                byte[] content = new byte[buffer.length()];
                buffer.data().get(content);
                retained.add(new Retained(buffer, ByteBuffer.wrap(content)));
            }
        }
        if (status == Status.EOF && !conn.resetPossible(faults)) {
            check(conn.received == conn.written, "bytes were lost before the end: " + conn.received, op);
        }
        conn.sawReset |= status == Status.RESET;
        MemorySegment memory = op.memory;
        if (memory != null) {
            for (long i = bytes; i < memory.byteSize(); i++) {
                if (memory.get(ValueLayout.JAVA_BYTE, i) != (byte) 0xA5) {
                    fail("memory behind the received bytes was written to: " + op);
                    break;
                }
            }
            if (memory.isNative()) {
                slab.giveBack(memory);
            }
        }
    }

    private void readable(OverlappedIO io, Op op, Conn conn, Status status) {
        check(io.sequence() == op.sequence, "sequence number " + io.sequence() + " not " + op.sequence, op);
        check(io.bytesTransferred() == 0, "it takes nothing", op);
        if (status != Status.CANCELLED && status != Status.TIMED_OUT) {
            check(op.sequence > conn.lastInput, "receives out of order", op);
            conn.lastInput = op.sequence;
        }
        if (status == Status.OK) {
            boolean end = conn.peerFinished || conn.peerClosed || conn.resetPossible(faults);
            check(end || conn.received < conn.written, "there is nothing to read", op);
        }
        conn.sawReset |= status == Status.RESET;
    }

    private void sent(OverlappedIO io, Op op, Conn conn, Status status) {
        check(io.sequence() == op.sequence, "sequence number " + io.sequence() + " not " + op.sequence, op);
        if (status != Status.CANCELLED && status != Status.TIMED_OUT) {
            check(op.sequence > conn.lastOutput, "sends out of order", op);
            conn.lastOutput = op.sequence;
        }
        long length = Objects.requireNonNull(op.content).length;
        check(status == Status.OK ? op.bytes == length : op.bytes <= length, op.bytes + " of " + length, op);
        conn.sawReset |= status == Status.RESET;
        if (op.memory != null) {
            slab.giveBack(op.memory);
        }
    }

    private void posted(Op op, Status status) {
        if (op.conn == null && !op.delayed) {
            check(op.bytes == op.id, "a post's number", op);
        }
        if (op.delayed) {
            check(status != Status.OK, "a delayed post says why it came", op);
        }
    }

    // ---- the rules

    /** Nothing can happen any more by itself, but for timers: nothing may wait that could go on. */
    private void checkIdle() {
        boolean buffersFree = retained.isEmpty() && blocked == null;
        for (Op op : outstanding) {
            Conn conn = op.conn;
            boolean held = conn != null && conn.running[0];
            Op away = blocked;
            if (held || op.delayed || op == away) {
                continue; // behind a handler that blocks, or a timer
            }
            if (away != null && away.kind == OperationKind.ACCEPT && op.kind == OperationKind.ACCEPT) {
                continue; // another packet of the same listener
            }
            check(op.kind != OperationKind.POST, "a post waits though nobody is busy", op);
            check(!op.cancelled, "cancelled, and nothing happens", op);
            if (conn != null) {
                check(!conn.closedByUs, "closed, and nothing happens", op);
                if (op.kind == OperationKind.RECEIVE || op.kind == OperationKind.READABLE) {
                    boolean data = conn.peer.unreceived() > 0 && buffersFree && !(op.continuous && conn.paused);
                    boolean end = conn.peerFinished || conn.peerClosed;
                    check(
                            !data && !(end && conn.peer.unreceived() == 0 && !conn.paused && !op.continuous),
                            "a receive waits though something is there",
                            op);
                } else if (op.kind == OperationKind.SEND) {
                    check(conn.peer.windowIsFull(), "a send waits though there is room", op);
                }
            }
        }
        for (Conn conn : conns) {
            Connection connection = conn.connection;
            if (conn.closedByUs && connection != null && !conn.running[0]) {
                check(connection.isClosed(), "a connection does not become closed", conn.id);
            }
        }
    }

    private void checkEnd(CompletionPort closed) {
        check(outstanding.isEmpty(), "operations without a packet", outstanding);
        check(
                closed.stats().inFlight().values().stream().allMatch(n -> n == 0),
                "in flight after the close",
                closed.stats());
        check(closed.queueDepth() == 0, "packets left", closed.queueDepth());
        check(lent.isEmpty(), "buffers that never came back", lent.size());
        check(!slab.isTouched(), "memory was written to after its packet", "");
        for (Conn conn : conns) {
            Connection connection = conn.connection;
            check(connection == null || connection.isClosed(), "open after the close", conn.id);
            while (peerReads(conn, 1000)) {
                log(() -> "peer " + conn.id + " reads the rest");
            }
            checkSent(conn);
        }
        long all = closed.buffers().allocatedBytes();
        for (long i = 0; i < all / 256; i++) {
            closed.buffers().lease(1);
        }
        check(closed.buffers().allocatedBytes() == all, "buffers of the pool are not back", all);
    }

    /** The peer has read what the sends say they sent, in order. */
    private void checkSent(Conn conn) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        for (Op op : conn.sends) {
            said.write(Objects.requireNonNull(op.content), 0, (int) op.bytes);
        }
        byte[] sent = said.toByteArray();
        byte[] read = conn.peerRead.toByteArray();
        boolean prefix = read.length <= sent.length && Arrays.equals(sent, 0, read.length, read, 0, read.length);
        check(prefix, "the peer reads what nobody sent", "connection " + conn.id);
        if (conn.peerSawEnd && !conn.resetPossible(faults)) {
            check(read.length == sent.length, "bytes that were sent are lost", "connection " + conn.id);
        }
    }
}
