package io.iocp.spring.handler;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of a whole port: passes a packet to the method that claims its channel, else to the one that claims the port. A
 * packet that nobody claims is counted, logged once for each key, and its connection closed. Posts to a channel whose handler is
 * stopped wait for it, up to a bound.
 *
 * <p>Thread: workers.
 *
 * <p>Next: {@link HandlerEndpoint#handle}.
 */
public final class PortDispatcher implements RoutedHandler {
    private static final Logger LOG = LoggerFactory.getLogger(PortDispatcher.class);

    /** Keys that were logged already; at most this many are remembered. */
    private static final int MOST_LOGGED_KEYS = 100;

    /** Posts to stopped channels that wait; further ones are dropped, and counted as unclaimed. */
    static final int MOST_WAITING_POSTS = 10_000;

    private final String port;
    private final HandlerTable wholePort = new HandlerTable();
    private final LongAdder unclaimed = new LongAdder();
    private final Set<String> unclaimedKeys = ConcurrentHashMap.newKeySet();
    private final Map<Object, HandlerTable> channels = new ConcurrentHashMap<>();
    private final ArrayDeque<OverlappedIO> waiting = new ArrayDeque<>(); // guarded by itself

    PortDispatcher(String port) {
        this.port = port;
    }

    /** The handlers of packets with this completion key. */
    HandlerTable channel(Object key) {
        return channels.computeIfAbsent(key, _ -> new HandlerTable());
    }

    /** The handlers of what no channel claims. */
    HandlerTable wholePort() {
        return wholePort;
    }

    @Override
    public void completed(OverlappedIO packet) throws Exception {
        OperationKind kind = packet.kind();
        HandlerEndpoint handler = route(kind, packet.key());
        if (handler == null) {
            if (waits(packet)) {
                return;
            }
            handler = route(kind, packet.key()); // it may have been started in between
        }
        if (handler == null) {
            unclaimed(packet);
            return;
        }
        try {
            handler.handle(null, packet);
        } catch (Exception | Error e) {
            if (kind != OperationKind.POST && packet.handle() instanceof Connection connection) {
                connection.close();
            }
            throw e;
        }
    }

    @Override
    public boolean blocks(OverlappedIO packet) {
        HandlerEndpoint handler = route(packet.kind(), packet.key());
        return handler != null && handler.blocking();
    }

    @Override
    public @Nullable HandlerEndpoint route(OperationKind kind, @Nullable Object key) {
        HandlerTable channel = key == null ? null : channels.get(key);
        if (channel != null) {
            HandlerEndpoint handler = channel.of(kind);
            if (handler != null || channel.isStopped(kind)) {
                return handler;
            }
        }
        return wholePort.of(kind);
    }

    @Override
    public @Nullable String server() {
        return null;
    }

    /** Packets that nobody claimed. */
    public long unclaimed() {
        return unclaimed.sum();
    }

    /** Keeps a post to a channel that is stopped. */
    private boolean waits(OverlappedIO packet) {
        Object key = packet.key();
        if (packet.kind() != OperationKind.POST || packet.handle() != null || key == null) {
            return false;
        }
        HandlerTable channel = channels.get(key);
        if (channel == null) {
            return false;
        }
        synchronized (waiting) {
            // Looked at in here: whoever starts the handler does that before it takes what waits.
            if (!channel.isStopped(OperationKind.POST) || waiting.size() >= MOST_WAITING_POSTS) {
                return false;
            }
            waiting.add(packet);
            return true;
        }
    }

    /** A handler was started: posts that have waited for it are posted anew. */
    void postWaiting(CompletionPort to) {
        while (true) {
            OverlappedIO packet;
            synchronized (waiting) {
                packet = waiting.stream()
                        .filter(waits -> route(OperationKind.POST, waits.key()) != null)
                        .findFirst()
                        .orElse(null);
                if (packet == null) {
                    return;
                }
                waiting.removeFirstOccurrence(packet);
            }
            try {
                to.post(packet, packet.key(), packet.bytesTransferred(), packet.status());
            } catch (ClosedPortException | TooManyOperationsException e) {
                unclaimed(packet); // dropped, as those are that too many wait before
            }
        }
    }

    private void unclaimed(OverlappedIO packet) {
        unclaimed.increment();
        Object key = packet.key();
        if (unclaimedKeys.size() < MOST_LOGGED_KEYS && unclaimedKeys.add(String.valueOf(key))) {
            LOG.warn(
                    "port '{}': no handler for {} packets with key {}; they are dropped and their connections closed",
                    port,
                    packet.kind(),
                    key);
        }
        if (packet.handle() instanceof Connection connection) {
            connection.close();
        } else if (packet.kind() == OperationKind.ACCEPT && packet.status() == Status.OK) {
            packet.accepted().close();
        }
    }
}
