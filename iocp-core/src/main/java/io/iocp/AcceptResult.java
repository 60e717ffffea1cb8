package io.iocp;

import java.net.SocketAddress;
import java.time.Instant;

/**
 * What an accept has brought.
 *
 * @param handle the connection; a new one belongs to no port yet, see {@link OverlappedIO#accepted()}
 * @param local the address that the client connected to
 * @param remote the client's address
 * @param firstDataBytes bytes that came with it; 0 if none were waited for, or the client ended its stream without any
 * @param acceptedAt when its packet was handed out
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-getacceptexsockaddrs">GetAcceptExSockaddrs
 *     (Windows)</a>
 */
public record AcceptResult(
        Connection handle, SocketAddress local, SocketAddress remote, long firstDataBytes, Instant acceptedAt) {}
