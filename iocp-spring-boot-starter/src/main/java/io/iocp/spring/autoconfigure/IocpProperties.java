package io.iocp.spring.autoconfigure;

import io.iocp.BlockingDetection;
import io.iocp.EngineChoice;
import io.iocp.spring.tls.TlsProvider;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the completion port and its servers.
 *
 * @param engine Engine of the completion port. 'auto' takes io_uring where it works, else NIO.
 * @param concurrency How many workers may run at once, which is also the number of shards. 0 means one for each processor.
 * @param ssl TLS of all servers and clients.
 * @param handler All handlers.
 * @param observationEnabled Whether each call of a handler is observed, and the context of whoever posts goes with the post.
 * @param servers Servers by name.
 * @param clients Clients by name.
 */
@ConfigurationProperties("iocp")
public record IocpProperties(
        @DefaultValue("auto") EngineChoice engine,
        @DefaultValue("0") int concurrency,
        @DefaultValue Workers workers,
        @DefaultValue Shutdown shutdown,
        @DefaultValue Memory memory,
        @DefaultValue Ssl ssl,
        @NestedConfigurationProperty @DefaultValue HandlerProperties handler,
        @DefaultValue("false") boolean observationEnabled,
        @DefaultValue Map<String, ServerProperties> servers,
        @DefaultValue Map<String, ClientProperties> clients,
        @NestedConfigurationProperty @DefaultValue EventsProperties events) {

    /**
     * The pool of workers.
     *
     * @param max Worker threads that there may be; those beyond the concurrency run handlers that say that they block, and
     *     stand in for those that block without saying so. 0 means twice the concurrency.
     * @param virtualThreads Packets of handlers that say that they block that may run on virtual threads at once; what exceeds
     *     it goes to spare workers. 0 means none, or 10000 if every handler runs on one.
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
     * @param jitter Time over which the closes of connections are spread, so that not all clients come back at once elsewhere.
     */
    public record Shutdown(
            @Nullable Duration deadline, @DefaultValue("0s") Duration jitter) {}

    /**
     * Native memory of the completion port, which -Xmx does not limit.
     *
     * @param max Most native memory of the completion port: rings, receive buffers, what waits to be sent, and TLS. A connection
     *     whose reply would need more is closed. As much as the JVM's heap may have by default, but at least 64 MB.
     */
    public record Memory(@Nullable DataSize max) {}

    /**
     * TLS of SSL bundles.
     *
     * @param provider Whose TLS it is. 'auto' takes OpenSSL where netty-tcnative is on the class path and can do what is asked
     *     for, else the JDK's.
     */
    public record Ssl(@DefaultValue("auto") TlsProvider provider) {}
}
