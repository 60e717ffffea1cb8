package io.iocp.port;

import io.iocp.operation.ClosedPortException;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The packets of a port without a handler, which threads of the user's own take. Packets leave first in first out; of the
 * waiting threads the last to come is released first, exactly one for each packet.
 *
 * <p>Thread: any; one lock. A packet is handed to a waiter directly, so a thread that comes later cannot overtake it.
 */
public final class PacketQueue {
    private static final class Waiter {
        final Thread thread = Thread.currentThread();

        @Nullable
        Operation packet;

        boolean closed;
    }

    private final String portName;
    private final Consumer<Operation> dropped;
    private final Deque<Operation> packets = new ArrayDeque<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private boolean closed;

    /** @param dropped gets what nobody will take any more, with status PORT_CLOSED */
    PacketQueue(String portName, Consumer<Operation> dropped) {
        this.portName = portName;
        this.dropped = dropped;
    }

    void enqueue(Operation packet) {
        Waiter released;
        synchronized (this) {
            if (!closed) {
                released = waiters.pollLast();
                if (released == null) {
                    packets.addLast(packet);
                    return;
                }
                released.packet = packet;
            } else {
                released = null;
            }
        }
        if (released == null) {
            drop(packet);
        } else {
            LockSupport.unpark(released.thread);
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
        Waiter me;
        synchronized (this) {
            Operation first = packets.pollFirst();
            if (first != null) {
                taken(first);
                return first;
            }
            checkOpen();
            if (timeoutNanos == 0) {
                return null;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            me = new Waiter();
            waiters.addLast(me);
        }
        return await(me, timeoutNanos);
    }

    @Nullable
    private Operation await(Waiter me, long timeoutNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            if (timeoutNanos < 0) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, deadline - System.nanoTime());
            }
            boolean interrupted = Thread.interrupted();
            synchronized (this) {
                Operation packet = me.packet;
                if (packet != null) {
                    if (interrupted) {
                        // The packet wins; the interrupt is kept for the caller's next wait.
                        me.thread.interrupt();
                    }
                    packet.deliver();
                    return packet;
                }
                if (me.closed) {
                    checkOpen();
                }
                boolean late = timeoutNanos >= 0 && deadline - System.nanoTime() <= 0;
                if (interrupted || late) {
                    waiters.remove(me);
                    if (interrupted) {
                        throw new InterruptedException();
                    }
                    return null;
                }
            }
        }
    }

    /** Moves up to {@code most} packets that are there to {@code sink}; never waits. */
    public int drain(List<Operation> sink, int most) {
        synchronized (this) {
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
    }

    private void checkOpen() {
        if (closed) {
            throw new ClosedPortException("port '" + portName + "' is closed: no packet will come any more");
        }
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
