package io.iocp.engine.simulated;

import io.iocp.operation.ListenOptions;
import io.iocp.operation.OpenFile;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A network in memory that ports are opened on in tests: listeners by address, connections as two streams of bytes with
 * bounded windows, faults drawn from a seed. The test is the peer: {@link #connect}.
 *
 * {@snippet :
 * SimulatedNetwork network = SimulatedNetwork.of(Faults.timing());
 * try (CompletionPort port = CompletionPort.open(PortOptions.defaults().simulated(network), handler)) {
 *     Listener listener = port.listen(address, ListenOptions.defaults(), "key");
 *     SimulatedPeer peer = network.connect(listener.localAddress());
 * }
 * }
 *
 * <p>The faults come from the seed, each loop drawing its own. With threads that run freely the same seed makes the same draws
 * but not the same run; {@link #stepped} does. {@link #toString()} names the seed: put the network into the messages of a
 * test's assertions, and run it again with {@code -Diocp.seed=} that number.
 *
 * <p>Thread: any.
 */
public final class SimulatedNetwork {
    private static final int DEFAULT_WINDOW = 1 << 20;
    private static final int FIRST_PORT = 20_000;

    private final long seed;
    private final Faults faults;
    private final int window;
    private final @Nullable Stepper stepper;

    /** Guards everything here, in the endpoints and in the peers. */
    final ReentrantLock lock = new ReentrantLock();

    /** Peers that wait for their connection to change, or for room in a backlog. */
    private final Condition changed = lock.newCondition();

    private final List<SimulatedListener> listeners = new ArrayList<>();

    /** Connections that a port has made to a listener of a port, until both ends are closed. */
    private final List<SimulatedConnection> connected = new ArrayList<>();

    /** Connects of ports that wait for room in a backlog. */
    private final Set<Request> connecting = new LinkedHashSet<>();

    private final SimulatedDatagrams datagrams = new SimulatedDatagrams(this);
    private int nextPort = FIRST_PORT;
    private int loops;
    private final AtomicLong stepNanos = new AtomicLong();

    /** Null if peers act whenever they like. */
    final @Nullable Lockstep lockstep;

    private SimulatedNetwork(long seed, Faults faults, int window, @Nullable Stepper stepper, boolean takesTurns) {
        if (window < 1) {
            throw new IllegalArgumentException("a connection needs a window of at least 1 byte: " + window);
        }
        this.seed = seed;
        this.faults = faults;
        this.window = window;
        this.stepper = stepper;
        this.lockstep = takesTurns ? new Lockstep(seed, lock.newCondition()) : null;
    }

    /** With the seed of the system property {@code iocp.seed}, or where that is not set one of its own. */
    public static SimulatedNetwork of(Faults faults) {
        return of(Long.getLong("iocp.seed", System.nanoTime()), faults);
    }

    /** With a window of 1 MiB for each direction of a connection. */
    public static SimulatedNetwork of(long seed, Faults faults) {
        return new SimulatedNetwork(seed, faults, DEFAULT_WINDOW, null, false);
    }

    /** The same with another window: bytes of one direction of a connection that can be under way. */
    public SimulatedNetwork window(int bytes) {
        return new SimulatedNetwork(seed, faults, bytes, stepper, lockstep != null);
    }

    /**
     * The same, but the peers and the ports take turns: a peer acts once nothing more happens by itself, and the clock of the
     * ports' timers and of the peers' time limits goes on only while a peer waits and nothing can happen, and then at once. With
     * peers of one thread, and a port with a concurrency of 1 and no {@link io.iocp.BlockingDetection} whose handlers leave nothing
     * to other threads, the seed then makes the run, to the last byte; and a time limit of an hour is over at once.
     *
     * <p>Peers must not be used within handlers: they would wait for the handler to return.
     */
    public SimulatedNetwork takingTurns() {
        return new SimulatedNetwork(seed, faults, window, null, true);
    }

    /**
     * Driven by a test that says what happens next, on the worker's own thread and with a clock of its own, which goes on only
     * when nothing else can happen.
     *
     * @param windowBytes of each direction of a connection
     */
    public static SimulatedNetwork stepped(long seed, Faults faults, int windowBytes, Stepper stepper) {
        return new SimulatedNetwork(seed, faults, windowBytes, stepper, false);
    }

    public long seed() {
        return seed;
    }

    public Faults faults() {
        return faults;
    }

    /** Whether it is one of {@link #takingTurns}. */
    public boolean takesTurns() {
        return lockstep != null;
    }

    // ---- the peer's side

    /**
     * Connects to a listener of a port, waiting for room in its backlog up to ten seconds.
     *
     * @throws ConnectException if nobody listens there
     */
    public SimulatedPeer connect(SocketAddress address) throws IOException {
        return connect(address, TimeUnit.SECONDS.toNanos(10));
    }

    /**
     * Connects to a listener of a port.
     *
     * @param timeoutNanos how long to wait for room in its backlog; 0 = not at all
     * @throws ConnectException if nobody listens there
     * @throws SocketTimeoutException if its backlog stays full
     */
    public SimulatedPeer connect(SocketAddress address, long timeoutNanos) throws IOException {
        long left = timeoutNanos;
        lock.lock();
        try {
            peerActs();
            SocketAddress from = anyLocal(address);
            while (true) {
                SimulatedListener listener = listenerAt(address);
                if (listener == null) {
                    throw new ConnectException("Connection refused: nobody listens on " + address + " in " + this);
                }
                if (listener.hasRoom()) {
                    return connected(listener, address, from);
                }
                if (left <= 0) {
                    throw new SocketTimeoutException("the backlog of " + address + " is full");
                }
                left = awaitChange(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private SimulatedPeer connected(SimulatedListener listener, SocketAddress to, SocketAddress from) {
        SimulatedConnection connection = new SimulatedConnection(listener, to, from, window);
        listener.backlog.add(connection);
        listener.touch();
        return new SimulatedPeer(this, connection);
    }

    private @Nullable SimulatedListener listenerAt(SocketAddress address) {
        SimulatedListener found = null;
        for (SimulatedListener listener : listeners) {
            if (listener.serves(address)) {
                found = listener;
                break;
            }
        }
        if (found != null && found.options.reusePort()) {
            listeners.remove(found); // the next connection goes to another that shares the address
            listeners.add(found);
        }
        return found;
    }

    /** Where datagrams go. */
    SimulatedDatagrams datagrams() {
        return datagrams;
    }

    int freePort() {
        int port = nextPort++;
        if (nextPort > 65_535) {
            nextPort = FIRST_PORT;
        }
        return port;
    }

    /** A peer is about to do something: where turns are taken it waits for its own. Under the lock. */
    void peerActs() {
        if (lockstep != null) {
            lockstep.begin();
        }
    }

    /** Waits under the lock; an interrupt does not end it, as it does not end the wait of a socket. @return what is left */
    long awaitChange(long nanos) {
        if (lockstep == null) {
            return awaitChangeFor(nanos);
        }
        long until = lockstep.nanoTime() + nanos;
        lockstep.waiting(until);
        boolean inTime = awaitChangeFor(Lockstep.PATIENCE_NANOS) > 0;
        lockstep.waitsNoLonger(until);
        return inTime ? until - lockstep.nanoTime() : 0;
    }

    private long awaitChangeFor(long nanos) {
        boolean interrupted = false;
        try {
            long end = System.nanoTime() + nanos;
            while (true) {
                try {
                    return changed.awaitNanos(end - System.nanoTime());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The clock has gone on, perhaps to the end of a peer's wait. Under the lock. */
    void tellTime() {
        changed.signalAll();
    }

    /** Something happened that a peer may wait for. Under the lock. */
    void tellPeers() {
        if (lockstep != null) {
            lockstep.told();
        }
        changed.signalAll();
        for (int i = connected.size() - 1; i >= 0; i--) {
            SimulatedConnection near = connected.get(i);
            near.tellOther();
            if (near.other == null) {
                connected.remove(i);
            }
        }
        connecting.forEach(request -> request.loop.tryAgain(request));
    }

    // ---- the engine's side

    SimulatedListener listen(SocketAddress address, ListenOptions options) throws IOException {
        lock.lock();
        try {
            SocketAddress local = address instanceof InetSocketAddress ip ? bound(ip) : address;
            if (isTaken(local, options.socket().reusePort())) {
                throw new BindException("cannot listen on " + address + ": the address is in use");
            }
            SimulatedListener listener = new SimulatedListener(local, options);
            listeners.add(listener);
            return listener;
        } finally {
            lock.unlock();
        }
    }

    /** The address with a port number if it has none. */
    private InetSocketAddress bound(InetSocketAddress address) throws BindException {
        InetAddress host = address.getAddress();
        if (!host.isLoopbackAddress() && !host.isAnyLocalAddress()) {
            throw new BindException("cannot listen on " + address + ": the simulated network has only loopback");
        }
        InetSocketAddress local = address;
        while (local.getPort() == 0 || (address.getPort() == 0 && isTaken(local, false))) {
            local = new InetSocketAddress(host, freePort());
        }
        return local;
    }

    /** What the kernel would bind a socket to that is connected to {@code remote} and bound to nothing. */
    private SocketAddress anyLocal(SocketAddress remote) {
        return remote instanceof InetSocketAddress ip
                ? new InetSocketAddress(ip.getAddress(), freePort())
                : UnixDomainSocketAddress.of("");
    }

    /** A path is a name here: it makes no file, and is free again when its listener is closed. */
    private boolean isTaken(SocketAddress local, boolean reusePort) {
        for (SimulatedListener listener : listeners) {
            if (reusePort && listener.options.reusePort() && local instanceof InetSocketAddress) {
                continue;
            }
            if (listener.localAddress() instanceof InetSocketAddress ip
                    ? local instanceof InetSocketAddress wanted && ip.getPort() == wanted.getPort()
                    : listener.localAddress().equals(local)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Connects a connection of a port to a listener of a port.
     *
     * @param from the address to be bound to; null = any
     * @return OK; REFUSED, or ADDRESS_UNAVAILABLE; null if there is no room in the backlog yet, and then {@code request} is
     *     tried again
     */
    @Nullable
    Status connect(SimulatedConnection near, SocketAddress to, @Nullable SocketAddress from, Request request) {
        connecting.remove(request);
        SimulatedListener listener = listenerAt(to);
        if (listener == null) {
            return Status.REFUSED;
        }
        SocketAddress own =
                from == null || (from instanceof InetSocketAddress ip && ip.getPort() == 0) ? anyLocal(to) : from;
        if (own.equals(from) && isTaken(own, false)) {
            return Status.ADDRESS_UNAVAILABLE;
        }
        if (!listener.hasRoom()) {
            connecting.add(request);
            return null;
        }
        SimulatedConnection far = new SimulatedConnection(listener, to, own, window);
        near.connectTo(far);
        near.addresses(own, to);
        connected.add(near);
        listener.backlog.add(far);
        listener.touch();
        return Status.OK;
    }

    /** The request does not wait for room any more. */
    void forget(Request request) {
        connecting.remove(request);
    }

    /** The port's side ends its stream in good order. */
    void finish(SimulatedConnection connection) {
        lock.lock();
        try {
            connection.outgoing.finished = true;
            tellPeers();
        } finally {
            lock.unlock();
        }
    }

    /** First step of a close: the peer sees the end of the stream, a listener's port refuses. */
    void shutdown(SimulatedEndpoint endpoint) {
        lock.lock();
        try {
            switch (endpoint) {
                case SimulatedConnection connection -> connection.shutDownBoth();
                case SimulatedDatagram datagram -> datagrams.close(datagram);
                case SimulatedFile _ -> {} // nobody sees it from outside
                case SimulatedListener listener -> {
                    listener.shutDown = true;
                    listeners.remove(listener);
                    for (SimulatedConnection waiting : listener.backlog) {
                        waiting.closeDescriptor();
                        waiting.peerReset = true;
                    }
                    listener.backlog.clear();
                    listener.touch();
                }
            }
            tellPeers();
        } finally {
            lock.unlock();
        }
    }

    /** Last step of a close. */
    void close(SimulatedEndpoint endpoint) {
        lock.lock();
        try {
            shutdown(endpoint);
            endpoint.closed = true;
            if (endpoint instanceof SimulatedConnection connection) {
                connection.closeDescriptor();
            }
            OpenFile file = endpoint.file();
            if (file != null) {
                file.unpin();
            }
            tellPeers();
        } finally {
            lock.unlock();
        }
    }

    /** The faults of the next loop. */
    SplittableRandom randomOfNextLoop() {
        lock.lock();
        try {
            return new SplittableRandom(seed + 0x9E3779B97F4A7C15L * ++loops);
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Stepper stepper() {
        return stepper;
    }

    /** What timers go by: the system's clock, or when stepped or taking turns one that goes on only when nothing else can happen. */
    long nanoTime() {
        if (lockstep != null) {
            return lockstep.nanoTime();
        }
        return stepper == null ? System.nanoTime() : stepNanos.get();
    }

    /** Lets the clock of a stepped network go on. Thread: the one that is stepped. */
    void advance(long nanos) {
        stepNanos.addAndGet(nanos);
    }

    @Override
    public String toString() {
        return "SimulatedNetwork[replay with -Diocp.seed=" + seed + "]";
    }
}
