package io.iocp.spring.autoconfigure;

import io.iocp.operation.ConnectionOptions;
import io.iocp.spring.client.ClientAddress;
import io.iocp.spring.client.ClientSettings;
import io.iocp.spring.client.ReconnectDelays;
import io.iocp.spring.connection.ConnectionSettings;
import io.iocp.spring.connection.DeadlineSettings;
import io.iocp.spring.tls.TlsBundles;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * One client.
 *
 * @param enabled Whether it is started. Handlers may name it, and it can be injected, all the same.
 * @param host Name or address of the server. A name is looked up anew for each try.
 * @param port Port number of the server.
 * @param unixSocket Path of the server's Unix domain socket, in place of host and port.
 * @param connections Connections that are kept up.
 * @param connectTimeout Time for each try, with the look-up of the name, without the TLS handshake.
 * @param idleTimeout Time without a byte received or sent after which a connection is closed, and made anew. Never by default.
 * @param receiveBufferSize Size of each receive buffer. A connection has one only while there are bytes in it.
 * @param completionPort Name of the completion port that serves it.
 * @param reconnect Waits between tries to connect.
 * @param socket What is set on its sockets.
 * @param ssl TLS of its connections.
 * @param framing How the bytes of its connections are cut into frames.
 * @param send How much may wait to be sent on each of its connections. At the high mark a send is refused.
 * @param health What it takes to be healthy.
 */
public record ClientProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable String host,
        @Nullable Integer port,
        @Nullable Path unixSocket,
        @DefaultValue("1") int connections,
        @DefaultValue("10s") Duration connectTimeout,
        @Nullable Duration idleTimeout,
        @DefaultValue("4KB") DataSize receiveBufferSize,
        @DefaultValue("default") String completionPort,
        @DefaultValue Reconnect reconnect,
        @DefaultValue ClientSocketProperties socket,
        @DefaultValue SslClientProperties ssl,
        @DefaultValue FramingProperties framing,
        @DefaultValue SendProperties send,
        @DefaultValue Health health) {

    /**
     * Waits between tries to connect.
     *
     * @param initialDelay Wait after the first failure, and after the loss of a connection.
     * @param maxDelay Longest wait. A connection that lasts for less than the next wait counts as a failure.
     * @param multiplier Factor from each wait to the next.
     * @param jitter Share of each wait that is left to chance, 0 to 1.
     */
    public record Reconnect(
            @DefaultValue("100ms") Duration initialDelay,
            @DefaultValue("30s") Duration maxDelay,
            @DefaultValue("2") double multiplier,
            @DefaultValue("0.5") double jitter) {

        ReconnectDelays delays(String prefix) {
            if (!initialDelay.isPositive()) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "initial-delay", initialDelay, "Must be positive.");
            }
            if (maxDelay.compareTo(initialDelay) < 0) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "max-delay",
                        maxDelay,
                        "Must not be shorter than 'initial-delay', " + initialDelay + ".");
            }
            if (!(multiplier >= 1 && multiplier <= 100)) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "multiplier", multiplier, "Must be from 1 to 100.");
            }
            if (!(jitter >= 0 && jitter <= 1)) {
                throw new InvalidConfigurationPropertyValueException(prefix + "jitter", jitter, "Must be from 0 to 1.");
            }
            return new ReconnectDelays(initialDelay, maxDelay, multiplier, jitter);
        }
    }

    /**
     * What it takes to be healthy.
     *
     * @param minUp Connections that must be up. 0 means that the client is healthy without any.
     */
    public record Health(@DefaultValue("1") int minUp) {}

    /**
     * Checked, for the client of this name.
     *
     * @param details where it connects to, if somebody else says so
     */
    ClientSettings settings(
            String name,
            TlsBundles bundles,
            FramingProperties.Beans framings,
            @Nullable IocpClientConnectionDetails details) {
        String prefix = "iocp.clients." + name + ".";
        IocpAutoConfiguration.require(prefix + "connections", connections, 1, 10_000);
        IocpAutoConfiguration.require(prefix + "receive-buffer-size", receiveBufferSize.toBytes(), 16, 16 << 20);
        IocpAutoConfiguration.require(prefix + "health.min-up", health.minUp(), 0, connections);
        if (!connectTimeout.isPositive()) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "connect-timeout", connectTimeout, "Must be positive.");
        }
        IocpClientConnectionDetails target = details != null || !enabled
                ? details
                : new PropertiesIocpClientConnectionDetails(name, address(prefix));
        return new ClientSettings(
                name,
                enabled,
                () -> {
                    if (target == null) {
                        throw new IllegalStateException("client '" + name + "' is disabled");
                    }
                    return target.address();
                },
                completionPort,
                connections,
                connectTimeout,
                reconnect.delays(prefix + "reconnect."),
                new ConnectionOptions(socket.options(prefix + "socket."), (int) receiveBufferSize.toBytes()),
                new ConnectionSettings(
                        idleTimeout,
                        DeadlineSettings.NONE,
                        send.limits(prefix + "send."),
                        framing.framing(prefix + "framing.", framings),
                        null),
                enabled ? ssl.tls(prefix + "ssl.", bundles, host != null || details != null) : null,
                health.minUp());
    }

    private ClientAddress address(String prefix) {
        if (unixSocket != null) {
            if (host != null || port != null) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "unix-socket", unixSocket, "Must not be set together with 'host' or 'port'.");
            }
            return ClientAddress.of(unixSocket);
        }
        if (host == null || host.isBlank()) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "host", host, "Must be set to the name or address of the server; or set 'unix-socket'.");
        }
        if (port == null) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "port", null, "Must be set to the port number of the server.");
        }
        IocpAutoConfiguration.require(prefix + "port", port, 1, 65_535);
        return ClientAddress.of(host, port);
    }
}
