package io.iocp.spring.server;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Whether a server's connections begin with a PROXY header, which says who the client of a proxy is, and who is believed.
 *
 * @param mode whether there must be one, or may
 * @param trusted networks of the proxies that are believed; from everybody else a header is refused
 * @param timeout for the whole header, from the accept on
 */
public record ProxyProtocol(Mode mode, List<AddressRange> trusted, Duration timeout) {

    /** Whether there is a PROXY header. */
    public enum Mode {
        /** None is looked for: it would be data. */
        OFF,
        /** Every connection begins with one, and comes from a trusted proxy. */
        ON,
        /** A trusted proxy may send one. Nothing is sent before the client has sent its first bytes. */
        AUTO
    }

    public ProxyProtocol {
        trusted = List.copyOf(trusted);
    }

    boolean isTrusted(SocketAddress peer) {
        return AddressRange.anyContains(trusted, peer);
    }
}
