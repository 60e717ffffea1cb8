package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of one target, by kind of packet. Whoever handles RECEIVE or SEND handles TLS_RECEIVE or TLS_SEND too, unless
 * another handler claims just that.
 *
 * <p>Thread: any; changes are seen by packets that come later.
 */
public final class HandlerTable {
    private static final int KINDS = OperationKind.values().length;
    private static final int EVENTS = ConnectionEvent.values().length;

    private final List<Runnable> changeListeners = new CopyOnWriteArrayList<>();
    private final List<HandlerEndpoint> registered = new ArrayList<>(); // guarded by this
    private final List<HandlerEndpoint> running = new ArrayList<>(); // guarded by this
    private volatile @Nullable HandlerEndpoint[] byKind = new @Nullable HandlerEndpoint[KINDS];
    private volatile @Nullable HandlerEndpoint[] byEvent = new @Nullable HandlerEndpoint[EVENTS];

    /** Kinds that somebody claims who does not run: nobody else is to have them. */
    private volatile boolean[] stopped = new boolean[KINDS];

    private volatile @Nullable Class<?> frameType;

    /**
     * Says what the target's frames are, before its first packet.
     *
     * @param type of what {@link Exchange#frame()} gives; {@code ByteBuffer} for frames that are bytes; null without framing
     */
    public void frameType(@Nullable Class<?> type) {
        frameType = type;
    }

    /** Type of the target's frames, null if it has no framing. */
    public @Nullable Class<?> frameType() {
        return frameType;
    }

    /** The handler of packets of this kind that runs, null for none. */
    public @Nullable HandlerEndpoint of(OperationKind kind) {
        return byKind[kind.ordinal()];
    }

    /** The handler that is told of this event and runs, null for none. */
    public @Nullable HandlerEndpoint of(ConnectionEvent event) {
        return byEvent[event.ordinal()];
    }

    /** Whether there is a handler of packets of this kind, and it is stopped. */
    public boolean isStopped(OperationKind kind) {
        return stopped[kind.ordinal()];
    }

    /** Has {@code listener} called after each change. Thread: that of the change. */
    public void onChange(Runnable listener) {
        changeListeners.add(listener);
    }

    boolean isEmpty() {
        synchronized (this) {
            return registered.isEmpty();
        }
    }

    void claim(HandlerEndpoint handler) {
        synchronized (this) {
            for (HandlerEndpoint present : registered) {
                for (OperationKind kind : handler.kinds()) {
                    if (present.kinds().contains(kind)) {
                        throw new DuplicateHandlerException(present, handler, kind);
                    }
                }
                for (ConnectionEvent event : handler.events()) {
                    if (present.events().contains(event)) {
                        throw new DuplicateHandlerException(present, handler, event);
                    }
                }
            }
            registered.add(handler);
            if (handler.autoStartup()) {
                running.add(handler);
            }
            publish();
        }
        changeListeners.forEach(Runnable::run);
    }

    void remove(HandlerEndpoint handler) {
        synchronized (this) {
            registered.remove(handler);
            running.remove(handler);
            publish();
        }
        changeListeners.forEach(Runnable::run);
    }

    boolean isRunning(HandlerEndpoint handler) {
        synchronized (this) {
            return running.contains(handler);
        }
    }

    /** Starts or stops it; false if it was so already. */
    boolean run(HandlerEndpoint handler, boolean run) {
        synchronized (this) {
            if (running.contains(handler) == run) {
                return false;
            }
            if (run) {
                running.add(handler);
            } else {
                running.remove(handler);
            }
            publish();
        }
        changeListeners.forEach(Runnable::run);
        return true;
    }

    private void publish() {
        @Nullable HandlerEndpoint[] kinds = new @Nullable HandlerEndpoint[KINDS];
        @Nullable HandlerEndpoint[] events = new @Nullable HandlerEndpoint[EVENTS];
        for (HandlerEndpoint handler : registered) {
            handler.kinds().forEach(kind -> kinds[kind.ordinal()] = handler);
        }
        standIn(kinds, OperationKind.RECEIVE, OperationKind.TLS_RECEIVE);
        standIn(kinds, OperationKind.SEND, OperationKind.TLS_SEND);
        boolean[] waiting = new boolean[KINDS];
        for (int i = 0; i < KINDS; i++) {
            HandlerEndpoint handler = kinds[i];
            if (handler != null && !running.contains(handler)) {
                waiting[i] = true;
                kinds[i] = null;
            }
        }
        for (HandlerEndpoint handler : running) {
            handler.events().forEach(event -> events[event.ordinal()] = handler);
        }
        // Whoever finds no handler looks whether it is stopped, and if not once more: at each moment it is one or the
        // other.
        boolean[] either = stopped.clone();
        for (int i = 0; i < KINDS; i++) {
            either[i] |= waiting[i];
        }
        stopped = either;
        byKind = kinds;
        stopped = waiting;
        byEvent = events;
    }

    private static void standIn(@Nullable HandlerEndpoint[] handlers, OperationKind plain, OperationKind secure) {
        if (handlers[secure.ordinal()] == null) {
            handlers[secure.ordinal()] = handlers[plain.ordinal()];
        }
    }
}
