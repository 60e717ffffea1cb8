package io.iocp.spring.tls;

import io.iocp.TlsOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The TLS of one client: what its connections are made secure with. Made by {@link TlsBundles#forClient}. */
public final class ClientTls {
    private final TlsBundle bundle;
    private final @Nullable String serverName;
    private final boolean verifyHostName;
    private final String[] applicationProtocols;
    private final Duration handshakeTimeout;

    ClientTls(
            TlsBundle bundle,
            @Nullable String serverName,
            boolean verifyHostName,
            List<String> applicationProtocols,
            Duration handshakeTimeout) {
        this.bundle = bundle;
        this.serverName = serverName;
        this.verifyHostName = verifyHostName;
        this.applicationProtocols = applicationProtocols.toArray(String[]::new);
        this.handshakeTimeout = handshakeTimeout;
    }

    /**
     * For a connection to this host. The engine is made of the material that the bundle has when the handshake begins.
     *
     * @param host null only if there is a server name of its own
     */
    public TlsOptions options(@Nullable String host, int port) {
        String name = serverName != null ? serverName : Objects.requireNonNull(host, "no name of the server");
        return TlsOptions.client(new BundleEngines(bundle, Map.of()), name, port)
                .withHostNameCheck(verifyHostName)
                .withApplicationProtocols(applicationProtocols);
    }

    /** From the connect until the handshake must have succeeded. */
    public Duration handshakeTimeout() {
        return handshakeTimeout;
    }

    public TlsBundleStatus status() {
        return bundle.status();
    }
}
