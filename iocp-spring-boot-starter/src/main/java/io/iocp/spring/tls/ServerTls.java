package io.iocp.spring.tls;

import io.iocp.TlsClientAuthentication;
import io.iocp.TlsOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The TLS of one server: what its connections are made secure with. Made by {@link TlsBundles#forServer}. */
public final class ServerTls {
    private final TlsBundle standard;
    private final Map<String, TlsBundle> byServerName;
    private final Duration handshakeTimeout;
    private final TlsOptions options;

    ServerTls(
            TlsBundle standard,
            Map<String, TlsBundle> byServerName,
            TlsClientAuthentication clientAuthentication,
            List<String> applicationProtocols,
            Duration handshakeTimeout) {
        this.standard = standard;
        this.byServerName = new TreeMap<>(byServerName);
        this.handshakeTimeout = handshakeTimeout;
        this.options = TlsOptions.server(new BundleEngines(standard, byServerName))
                .withClientAuthentication(clientAuthentication)
                .withApplicationProtocols(applicationProtocols.toArray(String[]::new));
    }

    /** For every connection, also after its bundles were renewed. */
    public TlsOptions options() {
        return options;
    }

    /** From the accept until the handshake must have succeeded. */
    public Duration handshakeTimeout() {
        return handshakeTimeout;
    }

    /** The bundle for clients that name no server, or one that has none of its own. */
    public TlsBundleStatus status() {
        return standard.status();
    }

    /** The bundles of host names and patterns of them. */
    public Map<String, TlsBundleStatus> serverNames() {
        Map<String, TlsBundleStatus> statuses = new LinkedHashMap<>();
        byServerName.forEach((name, bundle) -> statuses.put(name, bundle.status()));
        return statuses;
    }

    /** Versions of TLS that new handshakes may agree on. */
    public List<String> protocols() {
        return standard.material().enabledProtocols();
    }
}
