package io.iocp.engine.uring;

import java.net.InetSocketAddress;

/**
 * Where a send that may go without a copy does.
 *
 * @param leastBytes shorter sends are copied: pinning pages and the second completion cost more
 * @param onLoopback also to a peer at a loopback address, where the kernel copies all the same, later; for tests
 * @see <a href="https://man7.org/linux/man-pages/man3/io_uring_prep_send_zc.3.html">io_uring_prep_send_zc(3)</a>
 */
public record ZeroCopy(int leastBytes, boolean onLoopback) {
    static final ZeroCopy WHERE_IT_MAY_PAY = new ZeroCopy(16 * 1024, false);

    boolean suits(UringEndpoint endpoint, long bytes) {
        return bytes >= leastBytes
                && endpoint.remoteAddress() instanceof InetSocketAddress peer
                && (onLoopback || !peer.getAddress().isLoopbackAddress());
    }
}
