package io.iocp.spring.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is let in, cheapest first, before anything is spent on a connection.
 *
 * <p>Thread: any.
 */
final class Admission {
    /** Bytes of an IPv6 address that one customer usually has all addresses of. */
    private static final int NETWORK_BYTES = 8;

    private final AdmissionSettings settings;
    private final @Nullable TokenBucket rate;

    /** Connections by what they count for; nothing for those that have none. */
    private final ConcurrentMap<Object, Integer> perAddress = new ConcurrentHashMap<>();

    /** @param clock nanoseconds, as {@link System#nanoTime} */
    Admission(AdmissionSettings settings, LongSupplier clock) {
        this.settings = settings;
        this.rate = settings.acceptRate() == 0 ? null : new TokenBucket(settings.acceptRate(), clock);
    }

    /**
     * What needs no address: to be asked first.
     *
     * @param open connections that there are
     */
    @Nullable
    RejectReason checkRoom(int open) {
        return settings.maxConnections() > 0 && open >= settings.maxConnections() ? RejectReason.MAX_CONNECTIONS : null;
    }

    /** Whether so many have come lately that this one is one too many. Counts: to be asked once, last. */
    @Nullable
    RejectReason checkRate() {
        return rate == null || rate.take() ? null : RejectReason.ACCEPT_RATE;
    }

    /**
     * Whether this client may come in; if so it is counted until it {@linkplain #leave leaves}.
     *
     * @param client its own address, not that of a proxy. What has no IP address, as the peer of a Unix domain socket, is let in
     */
    @Nullable
    RejectReason enter(SocketAddress client) {
        if (AddressRange.anyContains(settings.deny(), client)) {
            return RejectReason.ADDRESS_DENIED;
        }
        if (!settings.allow().isEmpty()
                && client instanceof InetSocketAddress
                && !AddressRange.anyContains(settings.allow(), client)) {
            return RejectReason.ADDRESS_DENIED;
        }
        if (settings.maxConnectionsPerAddress() > 0 && client instanceof InetSocketAddress ip) {
            boolean[] full = {false};
            perAddress.compute(network(ip.getAddress()), (network, count) -> {
                int now = count == null ? 0 : count;
                full[0] = now >= settings.maxConnectionsPerAddress();
                return full[0] ? count : now + 1;
            });
            return full[0] ? RejectReason.PER_ADDRESS : null;
        }
        return null;
    }

    /** A client that was let in has gone. */
    void leave(SocketAddress client) {
        if (settings.maxConnectionsPerAddress() > 0 && client instanceof InetSocketAddress ip) {
            perAddress.computeIfPresent(network(ip.getAddress()), (network, count) -> count == 1 ? null : count - 1);
        }
    }

    /** What an address counts for: itself, or with IPv6 its network. */
    private static Object network(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length > NETWORK_BYTES
                ? (Object) ByteBuffer.wrap(bytes).getLong()
                : (Object) ByteBuffer.wrap(bytes).getInt();
    }
}
