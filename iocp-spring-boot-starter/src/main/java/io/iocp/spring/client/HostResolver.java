package io.iocp.spring.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Finds the addresses of a host that clients connect to. A bean of this type replaces {@link InetAddress#getAllByName}.
 *
 * <p>Thread: threads of its own, at most two at once, never a worker; it may wait.
 */
@FunctionalInterface
public interface HostResolver {
    /**
     * The addresses, the best first.
     *
     * @throws UnknownHostException if there is none
     */
    List<InetAddress> addresses(String host) throws UnknownHostException;
}
