package io.iocp.spring.autoconfigure;

import io.iocp.operation.SocketOptions;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What is set on the sockets of a client.
 *
 * @param noDelay Whether small writes are sent at once (TCP_NODELAY).
 * @param receiveBuffer Bytes that the kernel keeps for each connection until they are received (SO_RCVBUF). Chosen by the
 *     kernel by default.
 * @param sendBuffer Bytes that the kernel keeps for each connection until its peer has them (SO_SNDBUF). Chosen by the kernel
 *     by default.
 * @param resetOnClose Whether closing a connection resets it (SO_LINGER with 0 seconds).
 */
public record ClientSocketProperties(
        @DefaultValue("true") boolean noDelay,
        @DefaultValue SocketProperties.KeepAlive keepAlive,
        @Nullable DataSize receiveBuffer,
        @Nullable DataSize sendBuffer,
        boolean resetOnClose) {

    /** As of a server that shares nothing. */
    SocketOptions options(String prefix) {
        return new SocketProperties(noDelay, keepAlive, receiveBuffer, sendBuffer, resetOnClose, false, false)
                .options(prefix);
    }
}
