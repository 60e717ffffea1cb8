package io.iocp;

import io.iocp.operation.TlsSettings;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * How a {@linkplain Connection#secure connection is made secure}; the counterpart of IBM's SSL environment. Immutable: each method
 * that changes something returns new options. One object serves any number of connections.
 *
 * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/gsk_secure_soc_startInit.html">gsk_secure_soc_startInit
 *     (IBM i)</a>
 */
public final class TlsOptions {
    private final TlsEngineFactory engines;
    private final @Nullable String host;
    private final int port;
    private final boolean hostNameCheck;
    private final TlsClientAuthentication clientAuthentication;
    private final List<String> applicationProtocols;
    private final List<String> protocols;
    private final List<String> cipherSuites;
    private final boolean truncationAllowed;

    private TlsOptions(Draft draft) {
        this.engines = draft.engines;
        this.host = draft.host;
        this.port = draft.port;
        this.hostNameCheck = draft.hostNameCheck;
        this.clientAuthentication = draft.clientAuthentication;
        this.applicationProtocols = draft.applicationProtocols;
        this.protocols = draft.protocols;
        this.cipherSuites = draft.cipherSuites;
        this.truncationAllowed = draft.truncationAllowed;
    }

    /** As a server with the certificate of this context. */
    public static TlsOptions server(SSLContext context) {
        return server(TlsEngineFactory.of(context));
    }

    /** As a server. */
    public static TlsOptions server(TlsEngineFactory engines) {
        return of(engines, null, 0);
    }

    /**
     * As a client of this host, whose certificate must be for it (as of HTTPS), and which is told its name (SNI).
     *
     * @param host a name, or an address, which is checked too but not told
     * @param port with the host the place where a session is remembered, to be resumed; it need not be the real one
     */
    public static TlsOptions client(SSLContext context, String host, int port) {
        return client(TlsEngineFactory.of(context), host, port);
    }

    /** As a client. */
    public static TlsOptions client(TlsEngineFactory engines, String host, int port) {
        return of(engines, Objects.requireNonNull(host), port);
    }

    private static TlsOptions of(TlsEngineFactory engines, @Nullable String host, int port) {
        return new TlsOptions(new Draft(Objects.requireNonNull(engines), host, port));
    }

    private TlsOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new TlsOptions(draft);
    }

    /** A copy that one value can be changed of. */
    private static final class Draft {
        final TlsEngineFactory engines;
        final @Nullable String host;
        final int port;
        boolean hostNameCheck = true;
        TlsClientAuthentication clientAuthentication = TlsClientAuthentication.NONE;
        List<String> applicationProtocols = List.of();
        List<String> protocols = List.of();
        List<String> cipherSuites = List.of();
        boolean truncationAllowed;

        Draft(TlsEngineFactory engines, @Nullable String host, int port) {
            this.engines = engines;
            this.host = host;
            this.port = port;
        }

        Draft(TlsOptions from) {
            this(from.engines, from.host, from.port);
            hostNameCheck = from.hostNameCheck;
            clientAuthentication = from.clientAuthentication;
            applicationProtocols = from.applicationProtocols;
            protocols = from.protocols;
            cipherSuites = from.cipherSuites;
            truncationAllowed = from.truncationAllowed;
        }
    }

    /** As a server, whether clients are asked for a certificate. A client does not look at it. */
    public TlsOptions withClientAuthentication(TlsClientAuthentication authentication) {
        return with(draft -> draft.clientAuthentication = Objects.requireNonNull(authentication));
    }

    /** As a client, whether the certificate must be for the host. Without the check anybody with a trusted one may answer. */
    public TlsOptions withHostNameCheck(boolean check) {
        return with(draft -> draft.hostNameCheck = check);
    }

    /**
     * What is offered for ALPN, the best first; none = ALPN is not used. A server chooses the first of its own that the client
     * offers, and refuses a client that offers others only.
     */
    public TlsOptions withApplicationProtocols(String... names) {
        return with(draft -> draft.applicationProtocols = List.of(names));
    }

    /** The versions that are offered, such as {@code TLSv1.3}; none = those of the context. */
    public TlsOptions withProtocols(String... names) {
        return with(draft -> draft.protocols = List.of(names));
    }

    /** The cipher suites that are offered, the best first; none = those of the context. */
    public TlsOptions withCipherSuites(String... names) {
        return with(draft -> draft.cipherSuites = List.of(names));
    }

    /**
     * Whether the end of the peer's stream is taken for an orderly one also if the peer did not announce it (close_notify). Without
     * it nobody can tell an end from an attack that cut the stream off: only for peers that are known to end so, with a protocol
     * that knows its own end.
     */
    public TlsOptions withTruncationAllowed(boolean allowed) {
        return with(draft -> draft.truncationAllowed = allowed);
    }

    public boolean isClient() {
        return host != null;
    }

    /** The host that a client connects to; null for a server. */
    public @Nullable String host() {
        return host;
    }

    public int port() {
        return port;
    }

    public boolean hostNameCheck() {
        return hostNameCheck;
    }

    public TlsClientAuthentication clientAuthentication() {
        return clientAuthentication;
    }

    /** For ALPN, the best first; empty = ALPN is not used. */
    public List<String> applicationProtocols() {
        return applicationProtocols;
    }

    /** Empty = those of the context. */
    public List<String> protocols() {
        return protocols;
    }

    /** Empty = those of the context. */
    public List<String> cipherSuites() {
        return cipherSuites;
    }

    public boolean truncationAllowed() {
        return truncationAllowed;
    }

    /**
     * Sets what is said here on an engine, for a {@link TlsEngineFactory}; what is not said here stays as the context has it.
     *
     * @throws IllegalArgumentException if the engine does not know a protocol or cipher suite
     */
    public void apply(SSLEngine engine) {
        engine.setUseClientMode(isClient());
        SSLParameters parameters = engine.getSSLParameters();
        if (!protocols.isEmpty()) {
            parameters.setProtocols(protocols.toArray(String[]::new));
        }
        if (!cipherSuites.isEmpty()) {
            parameters.setCipherSuites(cipherSuites.toArray(String[]::new));
        }
        if (!applicationProtocols.isEmpty()) {
            parameters.setApplicationProtocols(applicationProtocols.toArray(String[]::new));
        }
        if (isClient()) {
            String name = serverName();
            if (name != null) {
                List<SNIServerName> names = List.of(new SNIHostName(name));
                parameters.setServerNames(names);
            }
            if (hostNameCheck) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
        } else {
            switch (clientAuthentication) {
                case NONE -> parameters.setNeedClientAuth(false); // which says no to want as well
                case WANT -> parameters.setWantClientAuth(true);
                case NEED -> parameters.setNeedClientAuth(true);
            }
            parameters.setUseCipherSuitesOrder(true);
        }
        engine.setSSLParameters(parameters);
    }

    /** What a client tells the server; null for an address, and for what cannot be a name. */
    @Nullable
    String serverName() {
        String name = host;
        if (name == null || name.indexOf(':') >= 0 || isAddress(name)) {
            return null;
        }
        try {
            return new SNIHostName(name).getAsciiName().toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean isAddress(String name) {
        return name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    /** As the shard sees it. */
    TlsSettings settings() {
        return new Settings(this);
    }

    private record Settings(TlsOptions options) implements TlsSettings {
        @Override
        public boolean isClient() {
            return options.isClient();
        }

        @Override
        public boolean isTruncationAllowed() {
            return options.truncationAllowed;
        }

        @Override
        public SSLEngine engine(@Nullable String serverName) throws SSLException {
            return Objects.requireNonNull(
                    options.engines.engine(options, serverName), "the TlsEngineFactory has made no engine");
        }

        @Override
        public boolean prefersDirectBuffers() {
            return options.engines.prefersDirectBuffers();
        }

        @Override
        public void release(SSLEngine engine) {
            options.engines.release(engine);
        }

        @Override
        public @Nullable String requestedName() {
            return options.serverName();
        }
    }
}
