package io.iocp.spring.actuate;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.HandOver;
import io.iocp.PortListener;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.connection.HandshakeOutcome;
import io.iocp.spring.connection.TlsHandshake;
import io.iocp.spring.handler.PortDispatcher;
import io.iocp.spring.handler.RoutedHandler;
import io.iocp.spring.server.TcpServerStarted;
import io.iocp.spring.server.TcpServerStopped;
import io.iocp.spring.tls.TlsBundleChanged;
import io.iocp.spring.tls.TlsBundleStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;

/**
 * The last events, in a ring that is allocated once. What may come by the million (completed posts, refusals) is recorded so
 * many times a second at most, each type for itself; the others are only counted. Whoever reads may wait for the next event, so
 * many at once.
 *
 * <p>Thread: any. A short lock orders the events: a sequence is given when everything before it can be read, or who asks for what came
 * after it would miss something. Recording wakes somebody only if somebody waits, which it sees under the lock that it has anyway.
 */
public final class EventLog implements HandshakeListener, ConnectionListener {
    private static final int LONGEST_KEY = 120;
    private static final int LONGEST_REASON = 200;
    private static final long NOT_MEASURED = -1;

    /** Guarded by the lock. */
    private static final class Slot {
        private long sequence = -1;
        private long timeMillis;
        private EventType type = EventType.DRAIN;
        private @Nullable String port;
        private @Nullable String key;
        private long waitNanos;
        private long handlerNanos;
        private @Nullable String detail;

        PortEvent event() {
            return new PortEvent(
                    sequence,
                    Instant.ofEpochMilli(timeMillis),
                    type.toString(),
                    port,
                    key,
                    waitNanos == NOT_MEASURED ? null : waitNanos,
                    handlerNanos == NOT_MEASURED ? null : handlerNanos,
                    detail);
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition recorded = lock.newCondition();
    private final Slot[] slots;
    private final Map<EventType, EventRate> rates = new EnumMap<>(EventType.class);
    private final int mostInSecond;
    private final int mostWaiting;

    // Guarded by the lock.
    private long next;

    /** Readers that the bound is for, in their wait. */
    private int waiting;

    /** Threads in a wait, whatever for. */
    private int sleeping;

    /**
     * Allocates the ring.
     *
     * @param capacity events that are kept
     * @param mostInSecond frequent events of a type that are recorded in a second
     * @param mostWaiting readers that may wait for an event at once
     */
    public EventLog(int capacity, int mostInSecond, int mostWaiting) {
        slots = new Slot[capacity];
        for (int i = 0; i < capacity; i++) {
            slots[i] = new Slot();
        }
        for (EventType type : EventType.values()) {
            rates.put(type, new EventRate(mostInSecond));
        }
        this.mostInSecond = mostInSecond;
        this.mostWaiting = mostWaiting;
    }

    /** All that are kept, newest first. */
    public List<PortEvent> events() {
        return read(EventQuery.all(slots.length)).events();
    }

    /**
     * What a reader gets.
     *
     * @param events newest first
     * @param last the greatest sequence when they were read, whether it matched or not; -1 if there was no event yet
     * @param lost events after the one that was named which are not kept any more
     * @param skipped older ones that match and are beyond the limit
     * @param restarted the sequence that was named is not one of this log's, which begins anew with the application: all are
     *     shown
     */
    record Reading(List<PortEvent> events, long last, long lost, long skipped, boolean restarted) {
        boolean isEmpty() {
            return events.isEmpty() && lost == 0 && !restarted;
        }
    }

    /** What there is now. Never waits. */
    Reading read(EventQuery query) {
        lock.lock();
        try {
            return scan(query);
        } finally {
            lock.unlock();
        }
    }

    /**
     * What there is now, or, if that is nothing, at the first event that matches, or when the time of the query is over. Does not wait if
     * as many wait already as may.
     */
    Reading await(EventQuery query) throws InterruptedException {
        long nanos = query.patience().toNanos();
        lock.lock();
        try {
            Reading reading = scan(query);
            if (!reading.isEmpty() || nanos <= 0 || waiting >= mostWaiting) {
                return reading;
            }
            waiting++;
            sleeping++;
            try {
                while (reading.isEmpty() && nanos > 0) {
                    nanos = recorded.awaitNanos(nanos);
                    reading = scan(query);
                }
            } finally {
                waiting--;
                sleeping--;
            }
            return reading;
        } finally {
            lock.unlock();
        }
    }

    /** All events after this one, as soon as there are any; not one of those that the bound of readers is for. */
    Reading next(long after) throws InterruptedException {
        EventQuery query = EventQuery.all(slots.length).after(after);
        lock.lock();
        try {
            sleeping++;
            try {
                Reading reading = scan(query);
                while (reading.isEmpty()) {
                    recorded.await();
                    reading = scan(query);
                }
                return reading;
            } finally {
                sleeping--;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private Reading scan(EventQuery query) {
        long last = next - 1;
        if (query.after() > last) {
            Reading all = scan(query.after(EventQuery.EVERY));
            return new Reading(all.events(), last, 0, all.skipped(), true);
        }
        long oldest = Math.max(0, next - slots.length);
        long from = Math.max(oldest, query.after() + 1);
        List<PortEvent> events = new ArrayList<>();
        long skipped = 0;
        for (long sequence = last; sequence >= from; sequence--) {
            Slot slot = slots[(int) (sequence % slots.length)];
            if (query.matches(slot.type, slot.port, slot.key)) {
                if (events.size() < query.limit()) {
                    events.add(slot.event());
                } else {
                    skipped++;
                }
            }
        }
        long lost = query.after() == EventQuery.EVERY ? 0 : from - query.after() - 1;
        return new Reading(events, last, lost, skipped, false);
    }

    /** The greatest sequence so far; -1 for none. */
    long last() {
        lock.lock();
        try {
            return next - 1;
        } finally {
            lock.unlock();
        }
    }

    /** Readers that wait for an event now. */
    int waiting() {
        lock.lock();
        try {
            return waiting;
        } finally {
            lock.unlock();
        }
    }

    int mostWaiting() {
        return mostWaiting;
    }

    public int capacity() {
        return slots.length;
    }

    public int mostInSecond() {
        return mostInSecond;
    }

    /** Frequent events that were not recorded, by type; types that there were. */
    Map<String, Long> sampledOut() {
        Map<String, Long> counts = new LinkedHashMap<>();
        rates.forEach((type, rate) -> {
            if (rate.sampledOut() > 0) {
                counts.put(type.toString(), rate.sampledOut());
            }
        });
        return counts;
    }

    /** A listener that records what happens on the port of this name. */
    public PortListener listener(String port) {
        return new Recorder(port);
    }

    /** Records that the port has another engine than the best one, if so. */
    public void opened(CompletionPort port) {
        EngineReport engine = port.engine();
        if (engine.fallback()) {
            String remedy = engine.remedy() == null ? "" : "; remedy: " + engine.remedy();
            record(EventType.ENGINE_FALLBACK, port.name(), null, engine.reason() + remedy);
        }
    }

    @EventListener
    void started(TcpServerStarted event) {
        record(EventType.SERVER_STARTED, event.port(), event.server(), "listens on " + event.localAddress());
    }

    @EventListener
    void stopped(TcpServerStopped event) {
        record(EventType.SERVER_STOPPED, event.port(), event.server(), event.failed() ? "accepting failed" : null);
    }

    @EventListener
    void changed(TlsBundleChanged event) {
        TlsBundleStatus status = event.status();
        switch (status.state()) {
            case CURRENT ->
                record(
                        EventType.BUNDLE_APPLIED,
                        null,
                        status.bundle(),
                        "new handshakes use the certificate of " + status.subject() + ", valid until "
                                + status.notAfter());
            case REFUSED -> record(EventType.BUNDLE_REFUSED, null, status.bundle(), reasonOf(status));
            case STALE -> record(EventType.BUNDLE_STALE, null, status.bundle(), reasonOf(status));
        }
    }

    private static String reasonOf(TlsBundleStatus status) {
        return status.cause() + "; what was applied at " + status.appliedAt() + " stays in use; remedy: "
                + status.remedy();
    }

    /** Anybody can make handshakes fail, as often as he likes: recorded so many times a second at most. */
    @Override
    public void ended(TlsHandshake handshake) {
        HandshakeOutcome outcome = handshake.outcome();
        boolean ordinary = outcome == HandshakeOutcome.CLOSED || outcome == HandshakeOutcome.LEFT;
        // A client's is a part of its being connected, or lost.
        if (ordinary
                || handshake.ofClient()
                || !admits(outcome == HandshakeOutcome.SUCCESS ? EventType.TLS_HANDSHAKE : EventType.TLS_FAILED)) {
            return;
        }
        if (outcome == HandshakeOutcome.SUCCESS) {
            record(
                    EventType.TLS_HANDSHAKE,
                    handshake.port(),
                    handshake.server(),
                    NOT_MEASURED,
                    handshake.nanos(),
                    handshake.protocol() + " " + handshake.cipher());
        } else {
            record(
                    EventType.TLS_FAILED,
                    handshake.port(),
                    handshake.server(),
                    outcome.tag() + ": " + shortened(String.valueOf(handshake.failure()), LONGEST_REASON));
        }
    }

    @Override
    public void rejected(String port, String server, String reason) {
        if (admits(EventType.REJECTED)) {
            record(EventType.REJECTED, port, server, reason);
        }
    }

    @Override
    public void readerSlow(String port, String owner, long connection, long pendingBytes) {
        if (admits(EventType.SLOW_READER)) {
            record(
                    EventType.SLOW_READER,
                    port,
                    owner,
                    "connection " + connection + ": " + pendingBytes + " bytes wait to be sent, so it is not read");
        }
    }

    @Override
    public void dropped(String port, String owner, long connection, String reason) {
        if (admits(EventType.DROPPED)) {
            record(EventType.DROPPED, port, owner, "connection " + connection + ": " + reason);
        }
    }

    @Override
    public void serverPaused(String port, String server) {
        record(EventType.SERVER_PAUSED, port, server, "accepts no more until it is resumed");
    }

    @Override
    public void serverResumed(String port, String server) {
        record(EventType.SERVER_RESUMED, port, server, "accepts again");
    }

    @Override
    public void clientConnected(String port, String client, long connection, String peer) {
        if (admits(EventType.CLIENT_CONNECTED)) {
            record(EventType.CLIENT_CONNECTED, port, client, "connection " + connection + " to " + peer);
        }
    }

    @Override
    public void clientLost(String port, String client, String reason) {
        if (admits(EventType.CLIENT_LOST)) {
            record(EventType.CLIENT_LOST, port, client, reason);
        }
    }

    private void record(EventType type, @Nullable String port, @Nullable Object key, @Nullable String detail) {
        record(type, port, key, NOT_MEASURED, NOT_MEASURED, detail);
    }

    private void record(
            EventType type,
            @Nullable String port,
            @Nullable Object key,
            long waitNanos,
            long handlerNanos,
            @Nullable String detail) {
        String keyText = textOf(key);
        lock.lock();
        try {
            long sequence = next++;
            Slot slot = slots[(int) (sequence % slots.length)];
            slot.sequence = sequence;
            slot.timeMillis = System.currentTimeMillis();
            slot.type = type;
            slot.port = port;
            slot.key = keyText;
            slot.waitNanos = waitNanos;
            slot.handlerNanos = handlerNanos;
            slot.detail = detail;
            if (sleeping > 0) {
                recorded.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private static @Nullable String textOf(@Nullable Object key) {
        String text = key == null ? null : key.toString();
        return text == null ? null : shortened(text, LONGEST_KEY);
    }

    private static String shortened(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest);
    }

    /** Whether one more frequent event of this type is to be recorded. */
    private boolean admits(EventType type) {
        EventRate rate = rates.get(type);
        return rate != null && rate.admits();
    }

    private final class Recorder implements PortListener {
        private final String port;

        Recorder(String port) {
            this.port = port;
        }

        @Override
        public void handled(
                CompletionHandler handler,
                OperationKind kind,
                Status status,
                @Nullable Object key,
                long waitNanos,
                long handlerNanos) {
            if (kind == OperationKind.POST && !isOwn(handler, key) && admits(EventType.POST_COMPLETION)) {
                record(EventType.POST_COMPLETION, port, key, waitNanos, handlerNanos, null);
            }
        }

        /** Nobody handles posts to this connection: it is one of the library's own. */
        private static boolean isOwn(CompletionHandler handler, @Nullable Object key) {
            return handler instanceof RoutedHandler routed
                    && !(handler instanceof PortDispatcher)
                    && routed.route(OperationKind.POST, key) == null;
        }

        @Override
        public void handlerFailed(
                CompletionHandler handler, OperationKind kind, @Nullable Object key, Throwable failure) {
            if (admits(EventType.HANDLER_FAILED)) {
                record(EventType.HANDLER_FAILED, port, key, kind + ": " + failure);
            }
        }

        @Override
        public void postRefused(@Nullable Object key) {
            if (admits(EventType.REFUSED)) {
                record(EventType.REFUSED, port, key, "post: the bound of waiting posts is reached");
            }
        }

        @Override
        public void startRefused(OperationKind kind) {
            if (admits(EventType.REFUSED)) {
                record(EventType.REFUSED, port, null, kind + ": the bound of operations in flight is reached");
            }
        }

        @Override
        public void unclaimed(OperationKind kind, @Nullable Object key) {
            if (admits(EventType.UNCLAIMED)) {
                record(EventType.UNCLAIMED, port, key, kind.toString());
            }
        }

        @Override
        public void handedOver(HandOver handOver) {
            if (admits(EventType.HANDOVER)) {
                String why = switch (handOver.cause()) {
                    case ASLEEP -> "is asleep and has not said that it blocks";
                    case DECLARED -> "blocks, and no spare was left for it";
                    case ON_PROCESSOR -> "computes for long";
                    case ANNOUNCED -> "called CompletionPort.blocking";
                };
                record(
                        EventType.HANDOVER,
                        port,
                        null,
                        NOT_MEASURED,
                        handOver.handlerNanos(),
                        "shard " + handOver.shard() + ": handler " + handOver.handler() + " " + why);
            }
        }

        @Override
        public void learnedBlocking(String handler) {
            record(
                    EventType.BLOCKING_HANDLER,
                    port,
                    null,
                    "handler " + handler
                            + " was found asleep again and again: from now on it is treated as one that says that"
                            + " it blocks; remedy: @IoCompletionHandler(blocking = true)");
        }

        @Override
        public void allWorkersBlocked(int workers) {
            if (admits(EventType.ALL_BLOCKED)) {
                record(
                        EventType.ALL_BLOCKED,
                        port,
                        null,
                        "all " + workers
                                + " workers are kept by handlers, so connections wait; remedy: raise"
                                + " iocp.workers.max");
            }
        }

        @Override
        public void closing() {
            record(EventType.DRAIN, port, null, "the port is being closed");
        }
    }
}
