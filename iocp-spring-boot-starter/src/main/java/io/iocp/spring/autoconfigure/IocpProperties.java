package io.iocp.spring.autoconfigure;

import io.iocp.BlockingDetection;
import io.iocp.EngineChoice;
import io.iocp.spring.tls.TlsProvider;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the completion port and its servers.
 *
 * @param engine Engine of the completion port. 'auto' takes io_uring where it works, else NIO.
 * @param concurrency How many workers may run at once, which is also the number of shards. 0 means one for each processor.
 * @param ssl TLS of all servers and clients.
 * @param servers Servers by name.
 */
@ConfigurationProperties("iocp")
public record IocpProperties(
        @DefaultValue("auto") EngineChoice engine,
        @DefaultValue("0") int concurrency,
        @DefaultValue Workers workers,
        @DefaultValue Shutdown shutdown,
        @DefaultValue Ssl ssl,
        @DefaultValue Map<String, Server> servers,
        @DefaultValue Events events) {

    /**
     * The pool of workers.
     *
     * @param max Worker threads that there may be; those beyond the concurrency run handlers that say that they block, and
     *     stand in for those that block without saying so. 0 means twice the concurrency.
     * @param virtualThreads Packets of handlers that say that they block that may run on virtual threads at once; what exceeds
     *     it goes to spare workers. 0 means none.
     * @param blockingDetection What is done about handlers that block and do not say so.
     */
    public record Workers(
            @DefaultValue("0") int max,
            @DefaultValue("0") int virtualThreads,
            @DefaultValue("learn") BlockingDetection blockingDetection) {}

    /**
     * The end of the application.
     *
     * @param deadline Time that busy connections get to finish when the application stops. Must be shorter than
     *     'spring.lifecycle.timeout-per-shutdown-phase'; two thirds of that by default, but at most 20 seconds.
     */
    public record Shutdown(@Nullable Duration deadline) {}

    /**
     * TLS of SSL bundles.
     *
     * @param provider Whose TLS it is. 'auto' takes OpenSSL where netty-tcnative is on the class path and can do what is asked
     *     for, else the JDK's.
     */
    public record Ssl(@DefaultValue("auto") TlsProvider provider) {}

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
     * @param socket What is set on its sockets.
     * @param ssl TLS of its connections.
     */
    public record Server(
            @DefaultValue("true") boolean enabled,
            @Nullable InetAddress address,
            @Nullable Integer port,
            @DefaultValue("1024") int backlog,
            @DefaultValue("0") int maxConnections,
            @Nullable Duration idleTimeout,
            @DefaultValue("4KB") DataSize receiveBufferSize,
            @DefaultValue("default") String completionPort,
            @DefaultValue SocketProperties socket,
            @DefaultValue SslServerProperties ssl) {}

    /**
     * Recent events.
     *
     * @param capacity How many recent events are kept.
     * @param sampleAbove Completed posts recorded in a second at most; what exceeds it is only counted.
     */
    public record Events(
            @DefaultValue("1000") int capacity,
            @DefaultValue("100") int sampleAbove) {}
}
