package io.iocp.benchmarks.posts;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Posts tickets of its own, round and round, and waits for one that has not come back: at most so many are under way at once.
 * The waiting is the same whoever runs them: it spins for a moment, then parks until half of them are back.
 */
final class Producer extends Thread {
    private static final int SPINS = 100;

    /** A paced producer is woken so often, and posts what is due. */
    private static final long PACE_NANOS = 100_000;

    private final Postbox box;
    private final Ticket[] tickets;
    private final long intervalNanos;
    private volatile boolean stopped;

    @Nullable
    private volatile String fault;

    /** @param perSecond posts that are due in a second; 0 for as many as there can be. Only paced posts are timed */
    Producer(Postbox box, int inFlight, int perSecond) {
        super("producer");
        this.box = box;
        this.intervalNanos = perSecond == 0 ? 0 : 1_000_000_000L / perSecond;
        this.tickets = new Ticket[inFlight];
        for (int i = 0; i < inFlight; i++) {
            tickets[i] = new Ticket(this);
        }
    }

    @Override
    public void run() {
        try {
            int last = intervalNanos == 0 ? flood() : pace();
            check(last);
        } catch (RuntimeException | Error e) {
            fault = e.toString();
        }
    }

    private int flood() {
        int next = 0;
        while (!stopped) {
            Ticket ticket = tickets[next];
            awaitBack(ticket, next);
            ticket.leave(0);
            box.post(ticket);
            next = after(next);
        }
        return next;
    }

    private int pace() {
        int next = 0;
        long due = System.nanoTime();
        while (!stopped) {
            long now = System.nanoTime();
            while (due <= now) {
                Ticket ticket = tickets[next];
                awaitBack(ticket, next);
                ticket.leave(System.nanoTime());
                box.post(ticket);
                next = after(next);
                due += intervalNanos;
            }
            LockSupport.parkNanos(this, PACE_NANOS);
        }
        return next;
    }

    private int after(int index) {
        return index + 1 == tickets.length ? 0 : index + 1;
    }

    private void awaitBack(Ticket ticket, int index) {
        for (int i = 0; i < SPINS; i++) {
            if (ticket.isBack()) {
                return;
            }
            Thread.onSpinWait();
        }
        tickets[(index + tickets.length / 2) % tickets.length].await();
        ticket.await();
    }

    private void check(int next) {
        for (int i = 0; i < tickets.length; i++) {
            Ticket ticket = tickets[(next + i) % tickets.length];
            ticket.await();
            if (ticket.posted() != ticket.runs()) {
                throw new IllegalStateException(
                        "posted " + ticket.posted() + " times and run " + ticket.runs() + " times");
            }
        }
    }

    void end() {
        stopped = true;
    }

    /** Waits until it has ended. */
    long awaitPosted() throws InterruptedException {
        join();
        String what = fault;
        if (what != null) {
            throw new IllegalStateException(what);
        }
        long posted = 0;
        for (Ticket ticket : tickets) {
            posted += ticket.posted();
        }
        return posted;
    }
}
