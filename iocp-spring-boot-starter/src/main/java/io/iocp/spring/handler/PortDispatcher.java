package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of a whole port: passes a packet to the method that claims its channel, else to the one that claims the port. A
 * packet that nobody claims is counted, logged once for each key, and its connection closed.
 *
 * <p>Thread: workers.
 *
 * <p>Next: {@link HandlerEndpoint#invoke}.
 */
public final class PortDispatcher implements RoutedHandler {
    private static final Logger LOG = LoggerFactory.getLogger(PortDispatcher.class);

    /** Keys that were logged already; at most this many are remembered. */
    private static final int MOST_LOGGED_KEYS = 100;

    private final String port;
    private final HandlerTable wholePort = new HandlerTable();
    private final LongAdder unclaimed = new LongAdder();
    private final Set<String> unclaimedKeys = ConcurrentHashMap.newKeySet();
    private volatile Map<Object, HandlerEndpoint> channels = Map.of();

    PortDispatcher(String port) {
        this.port = port;
    }

    synchronized void claim(HandlerEndpoint handler) {
        if (!(handler.target() instanceof HandlerTarget.Channel channel)) {
            wholePort.claim(handler);
            return;
        }
        Map<Object, HandlerEndpoint> next = new HashMap<>(channels);
        HandlerEndpoint present = next.putIfAbsent(channel.key(), handler);
        if (present != null) {
            throw new DuplicateHandlerException(present, handler, OperationKind.POST);
        }
        channels = next;
    }

    @Override
    public void completed(OverlappedIO packet) throws Exception {
        HandlerEndpoint handler = route(packet.kind(), packet.key());
        if (handler == null) {
            unclaimed(packet);
            return;
        }
        try {
            handler.invoke(null, packet);
        } catch (Exception | Error e) {
            if (packet.handle() instanceof Connection connection) {
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
        if (kind == OperationKind.POST && key != null) {
            HandlerEndpoint handler = channels.get(key);
            if (handler != null) {
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
