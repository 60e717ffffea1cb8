package io.iocp.port;

import io.iocp.operation.ClosedPortException;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The packets of a port without a handler, which threads of the user's own take, at most as many at once as the port's
 * concurrency value. Packets leave first in first out; of the waiting threads the last to come is released first, exactly one
 * for each packet.
 *
 * <p>Thread: any; one lock. A packet is handed to a waiter directly, so a thread that comes later cannot overtake it.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/fileio/i-o-completion-ports">I/O completion ports, "Threads and
 *     Concurrency"</a>
 */
public final class PacketQueue {
    /*
     * Counting. A thread is bound to the port that it last took from, and counts as active from then on until it comes
     * back, sleeps, takes from another port, or ends. A packet is released only while fewer are active than may be. The
     * thread that comes back under load makes room by coming, takes the next packet and never parks. What makes a count
     * wrong for a while is only ever a thread that woke from a sleep: it counts again at once, so that one more than the
     * limit may be active, and the next to come back waits although packets do (as on Windows).
     *
     * Watching. The JVM tells nobody that a thread sleeps or has ended. Only while packets wait, threads wait and the
     * limit is reached does it matter, and just then there is a thread with nothing else to do: the one that would be
     * released next looks at the active ones every millisecond. Two looks in a row must find a thread asleep, since a JVM
     * that stops its threads for a moment makes them look so too. A sleep of less than two milliseconds is therefore not
     * made up for.
     */

    /** Between two looks at the active threads while work waits. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    // A wait that the JVM knows of is believed at the second look. What only the kernel calls a sleep may be a blocking
    // native call, or a thread that the JVM has stopped for a moment: that takes eight.
    private static final int SIGNS_OF_A_WAIT = 4;
    private static final int SIGNS_TO_BE_ASLEEP = 8;
    private static final int LEAST_PRUNED = 64;

    /** A thread that has taken from a port, and how it counts there. Guarded by the lock of its queue. */
    private static final class Binding {
        final ThreadProbe probe = ThreadProbe.ofCurrent();

        /** Written by the bound thread only. */
        @Nullable
        PacketQueue queue;

        boolean active;

        /** Has a packet and has not woken yet: it looks asleep and is not. */
        boolean waking;

        /** Is on its way into the lock that whoever looks at it holds: it looks blocked and is coming back. */
        volatile boolean coming;

        /** Left the count because it sleeps, and comes back into it when it no longer does. */
        boolean asleep;

        int signs;
    }

    private static final class Waiter {
        final Thread thread = Thread.currentThread();
        final Binding binding;

        @Nullable
        Operation packet;

        boolean closed;

        Waiter(Binding binding) {
            this.binding = binding;
        }
    }

    private static final ThreadLocal<Binding> BINDING = ThreadLocal.withInitial(Binding::new);

    private final String portName;
    private final int limit;
    private final Consumer<Operation> dropped;
    private final Deque<Operation> packets = new ArrayDeque<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private final Set<Binding> bound = new LinkedHashSet<>();
    private int active;
    private boolean closed;

    /** Posts of others are refused. */
    private boolean postsEnded;

    /** Threads that have ended are forgotten when so many are bound. */
    private int pruneAt = LEAST_PRUNED;

    /** The thread that looks at the others, null if nobody needs to. */
    private @Nullable Waiter watching;

    /**
     * @param limit how many threads may have a packet at once
     * @param dropped gets what nobody will take any more, with status PORT_CLOSED
     */
    PacketQueue(String portName, int limit, Consumer<Operation> dropped) {
        this.portName = portName;
        this.limit = limit;
        this.dropped = dropped;
    }

    void enqueue(Operation packet) {
        synchronized (this) {
            if (!closed) {
                packets.addLast(packet);
                release();
                return;
            }
        }
        drop(packet);
    }

    /** As {@link #enqueue}, but false if posts are refused: then nothing has happened. */
    synchronized boolean enqueuePost(Operation post) {
        if (postsEnded) {
            return false;
        }
        packets.addLast(post);
        release();
        return true;
    }

    /** From now on {@link #enqueuePost} refuses. */
    synchronized void endPosts() {
        postsEnded = true;
    }

    /** Hands packets to waiters as far as the limit allows; if only the limit is in the way, has somebody watch. */
    private void release() {
        if (packets.isEmpty() || waiters.isEmpty()) {
            return;
        }
        lookAtSleepers();
        while (active < limit) {
            Operation packet = packets.pollFirst();
            if (packet == null) {
                return;
            }
            Waiter released = waiters.pollLast();
            if (released == null) {
                packets.addFirst(packet);
                return;
            }
            released.packet = packet;
            count(released.binding);
            released.binding.waking = true;
            LockSupport.unpark(released.thread);
        }
        Waiter next = waiters.peekLast();
        if (next != null && !packets.isEmpty() && watching != next) {
            watching = next;
            LockSupport.unpark(next.thread);
        }
    }

    /**
     * The next packet; null if there is none within the time.
     *
     * @param timeoutNanos 0 = do not wait, negative = wait for ever
     * @throws ClosedPortException if the port is closed, also while waiting
     * @throws InterruptedException if the thread is interrupted while it waits; no packet is lost
     */
    @Nullable
    public Operation take(long timeoutNanos) throws InterruptedException {
        Binding binding = BINDING.get();
        PacketQueue before = binding.queue;
        if (before != this && before != null) {
            before.unbind(binding);
        }
        Waiter me;
        binding.coming = true;
        synchronized (this) {
            binding.coming = false;
            if (binding.queue == this) {
                leave(binding);
            } else {
                binding.queue = this;
                bind(binding);
            }
            if (active < limit) {
                Operation first = packets.pollFirst();
                if (first != null) {
                    count(binding);
                    taken(first);
                    return first;
                }
            }
            if (closed) {
                throw closed(binding);
            }
            if (timeoutNanos == 0) {
                count(binding);
                return null;
            }
            if (Thread.interrupted()) {
                count(binding);
                throw new InterruptedException();
            }
            me = new Waiter(binding);
            waiters.addLast(me);
            release();
        }
        return await(me, timeoutNanos);
    }

    @Nullable
    private Operation await(Waiter me, long timeoutNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            park(me, timeoutNanos < 0 ? Long.MAX_VALUE : deadline - System.nanoTime());
            boolean interrupted = Thread.interrupted();
            synchronized (this) {
                if (watching == me && me.packet == null && !me.closed) {
                    watch();
                }
                Operation packet = me.packet;
                if (packet != null) {
                    me.binding.waking = false;
                    if (interrupted) {
                        // The packet wins; the interrupt is kept for the caller's next wait.
                        me.thread.interrupt();
                    }
                    taken(packet);
                    return packet;
                }
                if (me.closed) {
                    if (interrupted) {
                        me.thread.interrupt(); // the close wins; the interrupt is not lost
                    }
                    throw closed(me.binding);
                }
                boolean late = timeoutNanos >= 0 && deadline - System.nanoTime() <= 0;
                if (interrupted || late) {
                    giveUp(me);
                    if (interrupted) {
                        throw new InterruptedException();
                    }
                    return null;
                }
            }
        }
    }

    private void park(Waiter me, long nanos) {
        boolean watch;
        synchronized (this) {
            if (me.packet != null || me.closed) {
                return;
            }
            watch = watching == me;
        }
        // A release or a close between here and the park has unparked us: the park then returns at once.
        if (watch || nanos != Long.MAX_VALUE) {
            LockSupport.parkNanos(this, watch ? Math.min(nanos, LOOK_NANOS) : nanos);
        } else {
            LockSupport.park(this);
        }
    }

    private void giveUp(Waiter me) {
        waiters.remove(me);
        // It runs again, so it counts again.
        count(me.binding);
        if (watching == me) {
            watching = null;
            release();
        }
    }

    // ---- who counts

    private void count(Binding binding) {
        binding.asleep = false;
        binding.signs = 0;
        if (!binding.active) {
            binding.active = true;
            active++;
        }
    }

    private void leave(Binding binding) {
        binding.asleep = false;
        if (binding.active) {
            binding.active = false;
            active--;
        }
    }

    private void bind(Binding binding) {
        if (bound.size() >= pruneAt) {
            bound.removeIf(b -> {
                boolean ended = !b.probe.isAlive();
                if (ended) {
                    b.probe.close();
                    leave(b);
                }
                return ended;
            });
            pruneAt = Math.max(LEAST_PRUNED, 2 * bound.size());
        }
        bound.add(binding);
    }

    private synchronized void unbind(Binding binding) {
        leave(binding);
        bound.remove(binding);
        release();
    }

    private ClosedPortException closed(Binding binding) {
        leave(binding);
        bound.remove(binding);
        binding.queue = null;
        return new ClosedPortException("port '" + portName + "' is closed: no packet will come any more");
    }

    /** Looks at the active threads: who has ended or sleeps makes room. */
    private void watch() {
        if (packets.isEmpty() || active < limit) {
            watching = null;
            release();
            return;
        }
        for (Binding binding : List.copyOf(bound)) {
            if (!binding.probe.isAlive()) {
                binding.probe.close();
                leave(binding);
                bound.remove(binding);
            } else if (binding.active && !binding.waking && !binding.coming) {
                binding.signs = binding.probe.isWaiting()
                        ? binding.signs + SIGNS_OF_A_WAIT
                        : binding.probe.isAsleep() ? binding.signs + 1 : 0;
                if (binding.signs >= SIGNS_TO_BE_ASLEEP) {
                    leave(binding);
                    binding.asleep = true;
                }
            }
        }
        if (active < limit) {
            watching = null;
            release();
        }
    }

    /** Threads that were found asleep and run again count again. */
    private void lookAtSleepers() {
        for (Binding binding : bound) {
            if (binding.asleep && binding.probe.isRunning()) {
                count(binding);
            }
        }
    }

    /**
     * The calling thread is about to sleep, or has slept, on purpose: it makes room at once instead of when it is found out.
     *
     * @return whether it is bound to this port, so that there was something to change
     */
    public boolean blocking(boolean begins) {
        Binding binding = BINDING.get();
        if (binding.queue != this) {
            return false;
        }
        binding.coming = true;
        synchronized (this) {
            binding.coming = false;
            if (begins) {
                leave(binding);
                release();
            } else {
                count(binding);
            }
        }
        return true;
    }

    /** Threads that have a packet, or have had one and not come back. */
    public synchronized int active() {
        return active;
    }

    // ---- the rest

    /** Moves up to {@code most} packets that are there to {@code sink}; never waits. They count as one with the first. */
    public synchronized int drain(List<Operation> sink, int most) {
        int moved = 0;
        for (; moved < most; moved++) {
            Operation packet = packets.pollFirst();
            if (packet == null) {
                break;
            }
            taken(packet);
            sink.add(packet);
        }
        return moved;
    }

    public synchronized int size() {
        return packets.size();
    }

    synchronized int waiting() {
        return waiters.size();
    }

    /** Waits until everything was taken, or the deadline. */
    synchronized void awaitEmpty(long deadlineNanos) throws InterruptedException {
        while (!packets.isEmpty()) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    private void taken(Operation packet) {
        packet.deliver();
        if (packets.isEmpty()) {
            notifyAll();
        }
    }

    /** Releases every waiter with the exception, and gives what nobody has taken back to its owners as PORT_CLOSED. */
    void close() {
        List<Operation> left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = List.copyOf(packets);
            packets.clear();
            notifyAll();
            for (Waiter waiter : waiters) {
                waiter.closed = true;
                LockSupport.unpark(waiter.thread);
            }
            waiters.clear();
        }
        left.forEach(this::drop);
    }

    private void drop(Operation packet) {
        packet.status = Status.PORT_CLOSED;
        LeasedBuffer lease = packet.lease;
        packet.lease = null;
        dropped.accept(packet);
        packet.deliver();
        if (lease != null) {
            lease.release();
        }
    }
}
