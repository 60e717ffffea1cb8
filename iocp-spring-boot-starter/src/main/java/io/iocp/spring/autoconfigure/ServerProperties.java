package io.iocp.spring.autoconfigure;

import io.iocp.spring.connection.DeadlineSettings;
import io.iocp.spring.server.AddressRange;
import io.iocp.spring.server.AdmissionSettings;
import io.iocp.spring.server.ProxyProtocol;
import io.iocp.spring.server.ServerSettings;
import io.iocp.spring.tls.TlsBundles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * One server.
 *
 * @param enabled Whether it is started. Handlers may name it all the same.
 * @param address Network address to listen on. All addresses of the machine by default.
 * @param port Port number to listen on; 0 means any free one. Required, unless there is a Unix domain socket.
 * @param unixSocket Path of a Unix domain socket to listen on, in place of an address and a port. A socket that nobody listens on
 *     any more is replaced.
 * @param unixSocketPermissions Permissions of the Unix domain socket, as 'rw-rw----': who may write to it may connect. Those that
 *     the umask of the process leaves by default.
 * @param backlog Connections that the kernel completes before they are accepted.
 * @param maxConnections Connections that may be open at once; one more is closed as soon as it is accepted. 0 means as many
 *     as there are descriptors.
 * @param maxConnectionsPerAddress Connections that may be open at once from one IPv4 address, or from one IPv6 network of 64
 *     bits. 0 means as many as there may be.
 * @param acceptRate Connections that are accepted in a second; up to one second's worth may come at once, and what exceeds it is
 *     closed as soon as it is accepted. 0 means any number.
 * @param allow Networks that clients may come from, as '10.0.0.0/8' or '2001:db8::/32'. Everywhere by default.
 * @param deny Networks that clients may not come from, even if they are allowed.
 * @param firstByteTimeout Time until a client must have sent its first byte, behind the TLS handshake if there is one. Any by
 *     default.
 * @param frameTimeout Time from the first byte of a frame to its last. Any by default.
 * @param minReceiveRate Bytes that must be received in a second, measured over five seconds, while a frame is not whole. 0 means
 *     any number.
 * @param maxAge Time after which a connection is closed in good order. Never by default.
 * @param maxAgeJitter Part of the age that is left to chance, from 0 to 1, so that connections do not end together.
 * @param proxyProtocol Whether connections begin with a PROXY header (version 1 or 2) that says who the client is. 'auto' takes
 *     one from those who are trusted, and serves them and others without one too.
 * @param proxyProtocolTrusted Networks of the proxies that are believed. A header of anybody else is refused.
 * @param proxyProtocolTimeout Time until the whole PROXY header must have come.
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
        @Nullable String unixSocket,
        @Nullable String unixSocketPermissions,
        @DefaultValue("1024") int backlog,
        @DefaultValue("0") int maxConnections,
        @DefaultValue("0") int maxConnectionsPerAddress,
        @DefaultValue("0") int acceptRate,
        @DefaultValue List<String> allow,
        @DefaultValue List<String> deny,
        @Nullable Duration idleTimeout,
        @Nullable Duration firstByteTimeout,
        @Nullable Duration frameTimeout,
        @DefaultValue("0B") DataSize minReceiveRate,
        @Nullable Duration maxAge,
        @DefaultValue("0.1") double maxAgeJitter,
        @DefaultValue("off") ProxyProtocol.Mode proxyProtocol,
        @DefaultValue List<String> proxyProtocolTrusted,
        @DefaultValue("10s") Duration proxyProtocolTimeout,
        @DefaultValue("4KB") DataSize receiveBufferSize,
        @DefaultValue("default") String completionPort,
        @DefaultValue SendProperties send,
        @DefaultValue SocketProperties socket,
        @DefaultValue SslServerProperties ssl,
        @DefaultValue FramingProperties framing) {

    /** Checked, for the server of this name. */
    ServerSettings settings(String name, TlsBundles bundles, FramingProperties.Beans framings) {
        String prefix = "iocp.servers." + name + ".";
        IocpAutoConfiguration.require(prefix + "backlog", backlog, 1, Integer.MAX_VALUE);
        IocpAutoConfiguration.require(prefix + "max-connections", maxConnections, 0, Integer.MAX_VALUE);
        IocpAutoConfiguration.require(prefix + "receive-buffer-size", receiveBufferSize.toBytes(), 16, 16 << 20);
        return new ServerSettings(
                name,
                address(prefix),
                permissions(prefix),
                completionPort,
                backlog,
                admission(prefix),
                proxyProtocol(prefix),
                idleTimeout,
                deadlines(prefix),
                (int) receiveBufferSize.toBytes(),
                send.limits(prefix + "send."),
                socket.options(prefix + "socket."),
                framing.framing(prefix + "framing.", framings),
                ssl.tls(prefix + "ssl.", bundles));
    }

    private SocketAddress address(String prefix) {
        Integer number = port;
        String path = unixSocket;
        if (path != null) {
            if (number != null || address != null) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "unix-socket",
                        path,
                        "Takes the place of '" + prefix + "address' and '" + prefix + "port': remove these.");
            }
            try {
                return UnixDomainSocketAddress.of(path);
            } catch (InvalidPathException e) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "unix-socket", path, "Is no path: " + e.getReason() + ".");
            }
        }
        if (number == null) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "port", null, "Must be set; 0 means any free port.");
        }
        IocpAutoConfiguration.require(prefix + "port", number, 0, 65_535);
        return new InetSocketAddress(address == null ? everyAddress() : address, number);
    }

    private @Nullable Set<PosixFilePermission> permissions(String prefix) {
        String text = unixSocketPermissions;
        if (text == null) {
            return null;
        }
        String key = prefix + "unix-socket-permissions";
        if (unixSocket == null) {
            throw new InvalidConfigurationPropertyValueException(
                    key, text, "Has a meaning only together with '" + prefix + "unix-socket'.");
        }
        try {
            return PosixFilePermissions.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(
                    key, text, "Must be nine letters as 'rw-rw----', for the owner, the group and others.");
        }
    }

    private AdmissionSettings admission(String prefix) {
        IocpAutoConfiguration.require(
                prefix + "max-connections-per-address", maxConnectionsPerAddress, 0, Integer.MAX_VALUE);
        IocpAutoConfiguration.require(prefix + "accept-rate", acceptRate, 0, Integer.MAX_VALUE);
        return new AdmissionSettings(
                maxConnections,
                maxConnectionsPerAddress,
                acceptRate,
                ranges(prefix + "allow", allow),
                ranges(prefix + "deny", deny));
    }

    private ProxyProtocol proxyProtocol(String prefix) {
        requirePositive(prefix + "proxy-protocol-timeout", proxyProtocolTimeout);
        return new ProxyProtocol(
                proxyProtocol, ranges(prefix + "proxy-protocol-trusted", proxyProtocolTrusted), proxyProtocolTimeout);
    }

    private static List<AddressRange> ranges(String key, List<String> texts) {
        List<AddressRange> ranges = new ArrayList<>();
        for (String text : texts) {
            try {
                ranges.add(AddressRange.of(text));
            } catch (IllegalArgumentException e) {
                throw new InvalidConfigurationPropertyValueException(key, text, e.getMessage() + ".");
            }
        }
        return ranges;
    }

    private DeadlineSettings deadlines(String prefix) {
        requirePositive(prefix + "first-byte-timeout", firstByteTimeout);
        requirePositive(prefix + "frame-timeout", frameTimeout);
        requirePositive(prefix + "max-age", maxAge);
        IocpAutoConfiguration.require(prefix + "min-receive-rate", minReceiveRate.toBytes(), 0, Long.MAX_VALUE);
        requireFraming(prefix + "frame-timeout", frameTimeout, frameTimeout != null);
        requireFraming(prefix + "min-receive-rate", minReceiveRate, minReceiveRate.toBytes() > 0);
        if (!(maxAgeJitter >= 0 && maxAgeJitter <= 1)) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "max-age-jitter", maxAgeJitter, "Must be from 0 to 1.");
        }
        return new DeadlineSettings(
                firstByteTimeout,
                frameTimeout,
                minReceiveRate.toBytes(),
                DeadlineSettings.DEFAULT_RATE_WINDOW,
                maxAge,
                maxAgeJitter);
    }

    /** Without frames nobody knows what is unfinished, and the key would do nothing. */
    private void requireFraming(String key, @Nullable Object value, boolean isSet) {
        if (isSet && framing.type() == FramingProperties.Type.NONE) {
            throw new InvalidConfigurationPropertyValueException(
                    key, value, "Needs frames: set 'framing.type' of the same server, or leave this out.");
        }
    }

    private static void requirePositive(String key, @Nullable Duration time) {
        if (time != null && (time.isNegative() || time.isZero())) {
            throw new InvalidConfigurationPropertyValueException(
                    key, time, "Must be longer than nothing; leave it out for no limit.");
        }
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
