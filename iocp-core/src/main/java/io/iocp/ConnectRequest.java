package io.iocp;

import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where a connection is to go.
 *
 * @param remote the peer
 * @param local the address to be bound to; null = the kernel chooses
 * @param data what is sent as soon as the connection stands, as {@link Connection#send(OverlappedIO, MemorySegment)} would;
 *     null for nothing. Belongs to the operation until its packet comes
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_connectex">ConnectEx (Windows)</a>
 */
public record ConnectRequest(
        SocketAddress remote,
        @Nullable SocketAddress local,
        @Nullable MemorySegment data) {
    public static ConnectRequest to(SocketAddress remote) {
        return new ConnectRequest(remote, null, null);
    }

    public ConnectRequest from(SocketAddress newLocal) {
        return new ConnectRequest(remote, newLocal, data);
    }

    public ConnectRequest with(MemorySegment newData) {
        return new ConnectRequest(remote, local, newData);
    }
}
