package io.iocp.spring.server;

import io.iocp.operation.SocketOptions;
import io.iocp.spring.connection.DeadlineSettings;
import io.iocp.spring.connection.SendLimits;
import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.tls.ServerTls;
import java.net.SocketAddress;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a server listens and what it allows.
 *
 * @param name of the server, in meters, events and handlers
 * @param address to listen on, of IP (port 0 = any free port) or a Unix domain socket
 * @param socketPermissions of the file of a Unix domain socket; null = what the umask of the process leaves
 * @param port name of the completion port
 * @param backlog connections that the kernel completes before they are accepted
 * @param admission who is let in
 * @param proxyProtocol whether connections begin with a PROXY header
 * @param idleTimeout without a byte received or sent until a connection is closed; null = never
 * @param deadlines how long a connection may take for what
 * @param receiveBufferSize bytes of each receive buffer
 * @param send how much may wait to be sent on a connection
 * @param socket what is set on its sockets
 * @param framing what its connections' bytes are cut into frames with; null = they are not
 * @param tls what its connections are made secure with; null = they are not
 */
public record ServerSettings(
        String name,
        SocketAddress address,
        @Nullable Set<PosixFilePermission> socketPermissions,
        String port,
        int backlog,
        AdmissionSettings admission,
        ProxyProtocol proxyProtocol,
        @Nullable Duration idleTimeout,
        DeadlineSettings deadlines,
        int receiveBufferSize,
        SendLimits send,
        SocketOptions socket,
        @Nullable BoundedFraming framing,
        @Nullable ServerTls tls) {

    /** How many connections may be open at once; 0 = as many as there are descriptors. */
    public int maxConnections() {
        return admission.maxConnections();
    }
}
