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
import io.iocp.spring.server.TcpServerStarted;
import io.iocp.spring.server.TcpServerStopped;
import io.iocp.spring.tls.TlsBundleChanged;
import io.iocp.spring.tls.TlsBundleStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;

/**
 * The last events, in a ring that is allocated once. What may come by the million (completed posts, refusals) is recorded so
 * many times a second at most; the others are only counted.
 *
 * <p>Thread: any. Two writers meet only if the ring went round between them.
 */
public final class EventLog implements HandshakeListener, ConnectionListener {
    private static final int LONGEST_KEY = 120;
    private static final int LONGEST_REASON = 200;
    private static final long WINDOW_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long NOT_MEASURED = -1;

    /** Guarded by itself. */
    private static final class Slot {
        private long sequence = -1;
        private long timeMillis;
        private EventType type = EventType.DRAIN;
        private @Nullable String port;
        private @Nullable String key;
        private long waitNanos;
        private long handlerNanos;
        private @Nullable String detail;
    }

    private final Slot[] slots;
    private final int mostInWindow;
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger inWindow = new AtomicInteger();
    private final LongAdder sampledOut = new LongAdder();
    private volatile long windowStart = System.nanoTime();

    /**
     * Allocates the ring.
     *
     * @param capacity events that are kept
     * @param mostInSecond frequent events that are recorded in a second
     */
    public EventLog(int capacity, int mostInSecond) {
        slots = new Slot[capacity];
        for (int i = 0; i < capacity; i++) {
            slots[i] = new Slot();
        }
        mostInWindow = mostInSecond;
    }

    /** Newest first. */
    public List<PortEvent> events() {
        List<PortEvent> events = new ArrayList<>();
        for (Slot slot : slots) {
            synchronized (slot) {
                if (slot.sequence >= 0) {
                    events.add(new PortEvent(
                            slot.sequence,
                            Instant.ofEpochMilli(slot.timeMillis),
                            slot.type.toString(),
                            slot.port,
                            slot.key,
                            slot.waitNanos == NOT_MEASURED ? null : slot.waitNanos,
                            slot.handlerNanos == NOT_MEASURED ? null : slot.handlerNanos,
                            slot.detail));
                }
            }
        }
        events.sort(Comparator.comparingLong(PortEvent::sequence).reversed());
        return events;
    }

    public int capacity() {
        return slots.length;
    }

    public int mostInSecond() {
        return mostInWindow;
    }

    /** Frequent events that were not recorded. */
    public long sampledOut() {
        return sampledOut.sum();
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
        if (ordinary || !admits()) {
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
        if (admits()) {
            record(EventType.REJECTED, port, server, reason);
        }
    }

    @Override
    public void readerSlow(String port, String owner, long connection, long pendingBytes) {
        if (admits()) {
            record(
                    EventType.SLOW_READER,
                    port,
                    owner,
                    "connection " + connection + ": " + pendingBytes + " bytes wait to be sent, so it is not read");
        }
    }

    @Override
    public void dropped(String port, String owner, long connection, String reason) {
        if (admits()) {
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
        if (admits()) {
            record(EventType.CLIENT_CONNECTED, port, client, "connection " + connection + " to " + peer);
        }
    }

    @Override
    public void clientLost(String port, String client, String reason) {
        if (admits()) {
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
        long sequence = next.getAndIncrement();
        Slot slot = slots[(int) (sequence % slots.length)];
        synchronized (slot) {
            if (slot.sequence > sequence) {
                return;
            }
            slot.sequence = sequence;
            slot.timeMillis = System.currentTimeMillis();
            slot.type = type;
            slot.port = port;
            slot.key = keyText;
            slot.waitNanos = waitNanos;
            slot.handlerNanos = handlerNanos;
            slot.detail = detail;
        }
    }

    private static @Nullable String textOf(@Nullable Object key) {
        String text = key == null ? null : key.toString();
        return text == null ? null : shortened(text, LONGEST_KEY);
    }

    private static String shortened(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest);
    }

    /** Whether one more frequent event is to be recorded. Racing threads may record a few more. */
    private boolean admits() {
        long now = System.nanoTime();
        if (now - windowStart >= WINDOW_NANOS) {
            windowStart = now;
            inWindow.set(0);
        }
        // The first look keeps a flood from fighting for the counter.
        if (inWindow.get() >= mostInWindow || inWindow.incrementAndGet() > mostInWindow) {
            sampledOut.increment();
            return false;
        }
        return true;
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
            if (kind == OperationKind.POST && admits()) {
                record(EventType.POST_COMPLETION, port, key, waitNanos, handlerNanos, null);
            }
        }

        @Override
        public void handlerFailed(
                CompletionHandler handler, OperationKind kind, @Nullable Object key, Throwable failure) {
            if (admits()) {
                record(EventType.HANDLER_FAILED, port, key, kind + ": " + failure);
            }
        }

        @Override
        public void postRefused(@Nullable Object key) {
            if (admits()) {
                record(EventType.REFUSED, port, key, "post: the bound of waiting posts is reached");
            }
        }

        @Override
        public void startRefused(OperationKind kind) {
            if (admits()) {
                record(EventType.REFUSED, port, null, kind + ": the bound of operations in flight is reached");
            }
        }

        @Override
        public void unclaimed(OperationKind kind, @Nullable Object key) {
            if (admits()) {
                record(EventType.UNCLAIMED, port, key, kind.toString());
            }
        }

        @Override
        public void handedOver(HandOver handOver) {
            if (admits()) {
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
            if (admits()) {
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
