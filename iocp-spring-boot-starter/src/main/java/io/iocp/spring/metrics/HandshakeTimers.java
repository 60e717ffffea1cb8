package io.iocp.spring.metrics;

import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.connection.TlsHandshake;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Timers {@code iocp.tls.handshakes}, and {@code iocp.clients.handshakes}. There are as many as servers and clients have outcomes, protocols and cipher suites: nothing that a client
 * can invent is a tag.
 *
 * <p>Thread: workers.
 */
public final class HandshakeTimers implements HandshakeListener {
    private static final String NONE = "none";

    private record Key(
            String port,
            String owner,
            boolean ofClient,
            String outcome,
            @Nullable String protocol,
            @Nullable String cipher) {}

    private final MeterRegistry registry;
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

    public HandshakeTimers(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void ended(TlsHandshake handshake) {
        Key key = new Key(
                handshake.port(),
                handshake.server(),
                handshake.ofClient(),
                handshake.outcome().tag(),
                handshake.protocol(),
                handshake.cipher());
        timers.computeIfAbsent(key, this::timerOf).record(handshake.nanos(), TimeUnit.NANOSECONDS);
    }

    private Timer timerOf(Key key) {
        return (key.ofClient()
                        ? Timer.builder("iocp.clients.handshakes")
                                .description("Time from the connect to the end of the TLS handshake")
                        : Timer.builder("iocp.tls.handshakes")
                                .description("Time from the accept of a connection to the end of its TLS handshake"))
                .tags(
                        "port",
                        key.port(),
                        key.ofClient() ? "client" : "server",
                        key.owner(),
                        "outcome",
                        key.outcome(),
                        "protocol",
                        key.protocol() == null ? NONE : key.protocol(),
                        "cipher",
                        key.cipher() == null ? NONE : key.cipher())
                .register(registry);
    }
}
