package io.iocp.spring.server;

import io.iocp.operation.SocketOptions;
import io.iocp.spring.connection.SendLimits;
import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.tls.ServerTls;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a server listens and what it allows.
 *
 * @param name of the server, in meters, events and handlers
 * @param address to listen on; port 0 = any free port
 * @param port name of the completion port
 * @param backlog connections that the kernel completes before they are accepted
 * @param maxConnections at once; one more is closed as soon as it is accepted. 0 = as many as there are descriptors
 * @param idleTimeout without a byte received or sent until a connection is closed; null = never
 * @param receiveBufferSize bytes of each receive buffer
 * @param send how much may wait to be sent on a connection
 * @param socket what is set on its sockets
 * @param framing what its connections' bytes are cut into frames with; null = they are not
 * @param tls what its connections are made secure with; null = they are not
 */
public record ServerSettings(
        String name,
        InetSocketAddress address,
        String port,
        int backlog,
        int maxConnections,
        @Nullable Duration idleTimeout,
        int receiveBufferSize,
        SendLimits send,
        SocketOptions socket,
        @Nullable BoundedFraming framing,
        @Nullable ServerTls tls) {}
