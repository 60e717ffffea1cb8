package io.iocp.spring.autoconfigure;

import io.iocp.spring.server.ServerSettings;
import io.iocp.spring.tls.TlsBundles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * One server.
 *
 * @param enabled Whether it is started. Handlers may name it all the same.
 * @param address Network address to listen on. All addresses of the machine by default.
 * @param port Port number to listen on; 0 means any free one. Required.
 * @param backlog Connections that the kernel completes before they are accepted.
 * @param maxConnections Connections that may be open at once; one more is closed as soon as it is accepted. 0 means as many
 *     as there are descriptors.
 * @param idleTimeout Time without a byte received or sent after which a connection is closed. Never by default.
 * @param receiveBufferSize Size of each receive buffer. A connection has one only while there are bytes in it.
 * @param completionPort Name of the completion port that serves it.
 * @param send How much may wait to be sent on a connection.
 * @param socket What is set on its sockets.
 * @param ssl TLS of its connections.
 * @param framing How the bytes of its connections are cut into frames.
 */
public record ServerProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable InetAddress address,
        @Nullable Integer port,
        @DefaultValue("1024") int backlog,
        @DefaultValue("0") int maxConnections,
        @Nullable Duration idleTimeout,
        @DefaultValue("4KB") DataSize receiveBufferSize,
        @DefaultValue("default") String completionPort,
        @DefaultValue SendProperties send,
        @DefaultValue SocketProperties socket,
        @DefaultValue SslServerProperties ssl,
        @DefaultValue FramingProperties framing) {

    /** Checked, for the server of this name. */
    ServerSettings settings(String name, TlsBundles bundles, FramingProperties.Beans framings) {
        String prefix = "iocp.servers." + name + ".";
        Integer number = port;
        if (number == null) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "port", null, "Must be set; 0 means any free port.");
        }
        IocpAutoConfiguration.require(prefix + "port", number, 0, 65_535);
        IocpAutoConfiguration.require(prefix + "backlog", backlog, 1, Integer.MAX_VALUE);
        IocpAutoConfiguration.require(prefix + "max-connections", maxConnections, 0, Integer.MAX_VALUE);
        IocpAutoConfiguration.require(prefix + "receive-buffer-size", receiveBufferSize.toBytes(), 16, 16 << 20);
        return new ServerSettings(
                name,
                new InetSocketAddress(address == null ? everyAddress() : address, number),
                completionPort,
                backlog,
                maxConnections,
                idleTimeout,
                (int) receiveBufferSize.toBytes(),
                send.limits(prefix + "send."),
                socket.options(prefix + "socket."),
                framing.framing(prefix + "framing.", framings),
                ssl.tls(prefix + "ssl.", bundles));
    }

    /** The wildcard of IPv6, which takes IPv4 too, as Boot's web servers do; of IPv4 where there is no IPv6. */
    private static InetAddress everyAddress() {
        try {
            return InetAddress.getByAddress(new byte[hasIpv6() ? 16 : 4]);
        } catch (UnknownHostException e) {
            throw new AssertionError("addresses of 4 and 16 bytes are legal", e);
        }
    }

    private static boolean hasIpv6() {
        try {
            SocketChannel.open(StandardProtocolFamily.INET6).close();
            return true;
        } catch (UnsupportedOperationException | IOException e) {
            return false;
        }
    }
}
