package io.iocp.spring.client;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a client connects to: a host and a port, or the path of a Unix domain socket.
 *
 * @param host name or address; null with a path
 * @param port 1 to 65535; 0 with a path
 * @param unixSocket null with a host
 */
public record ClientAddress(
        @Nullable String host, int port, @Nullable Path unixSocket) {
    public ClientAddress {
        if ((host == null) == (unixSocket == null)) {
            throw new IllegalArgumentException(
                    "an address is either a host and a port or the path of a Unix socket: " + host + ", " + unixSocket);
        }
        if (host != null && (port < 1 || port > 65_535)) {
            throw new IllegalArgumentException("a port to connect to is from 1 to 65535: " + port);
        }
    }

    /** Of a host, a name or an address. */
    public static ClientAddress of(String host, int port) {
        return new ClientAddress(host, port, null);
    }

    /** Of a Unix domain socket. */
    public static ClientAddress of(Path unixSocket) {
        return new ClientAddress(null, 0, unixSocket);
    }

    @Override
    public String toString() {
        if (host == null) {
            return String.valueOf(unixSocket);
        }
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
