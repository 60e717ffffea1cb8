package io.iocp.spring.client;

import io.iocp.operation.ConnectionOptions;
import io.iocp.spring.connection.ConnectionSettings;
import io.iocp.spring.connection.ConnectionTls;
import io.iocp.spring.tls.ClientTls;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a client connects to, how often, and what its connections may do.
 *
 * @param name of the client, in meters, events and handlers
 * @param enabled whether it is started
 * @param address asked for at each try. Thread: a worker; must not wait
 * @param port name of the completion port
 * @param connections that are kept up
 * @param connectTimeout for each try, with the look-up of the name, without the TLS handshake
 * @param reconnect waits between tries
 * @param options of the sockets
 * @param connection what every connection may do, but for TLS
 * @param tls what its connections are made secure with; null = they are not
 * @param minUp connections that must be up for the client to be healthy; 0 = it always is
 */
public record ClientSettings(
        String name,
        boolean enabled,
        Supplier<ClientAddress> address,
        String port,
        int connections,
        Duration connectTimeout,
        ReconnectDelays reconnect,
        ConnectionOptions options,
        ConnectionSettings connection,
        @Nullable ClientTls tls,
        int minUp) {

    /** What a connection to this address may do. */
    ConnectionSettings connectionTo(ClientAddress to) {
        return tls == null
                ? connection
                : connection.withTls(new ConnectionTls(tls.options(to.host(), to.port()), tls.handshakeTimeout()));
    }
}
