package io.iocp.spring.tls;

import io.iocp.TlsClientAuthentication;
import io.iocp.TlsOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.io.ResourceLoader;

/**
 * TLS from Spring Boot's SSL bundles ({@code spring.ssl.bundle.*}), for servers from properties and for what a program connects
 * and accepts itself: {@code connection.secure(bundles.client("upstream", host, port))}.
 *
 * <p>The options stay good when their bundle is renewed ({@code reload-on-update}): each handshake takes the material that the
 * bundle has then, and connections that are open keep theirs. What is delivered is verified before it is used: the key matches
 * the certificate, every certificate of the chain is valid now, and a handshake in memory succeeds. If not, the material in use
 * stays, and log, health, events and the endpoint {@code iocp} say why. They also tell of files that have changed without that
 * Boot could deliver them.
 *
 * <p>Thread: any.
 */
public final class TlsBundles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsBundles.class);
    private static final Duration LONGEST_REVIEW_PERIOD = Duration.ofSeconds(5);
    private static final Duration SHORTEST_REVIEW_PERIOD = Duration.ofMillis(500);

    private final @Nullable SslBundles bundles;
    private final @Nullable SslProperties properties;
    private final TlsProvider provider;
    private final ResourceLoader resources;
    private final InstantSource clock;
    private final Consumer<TlsBundleChanged> events;
    private final Map<String, TlsBundle> inUse = new TreeMap<>(); // guarded by itself
    private @Nullable Timer reviews; // guarded by inUse

    /**
     * Knows the bundles, without taking one into use.
     *
     * @param bundles null if there are none
     * @param properties of the bundles whose files Boot watches; null if it watches none
     * @param provider whose TLS it is; {@link TlsProvider#problem} tells whether it can be used
     * @param events told when newer material of a bundle in use was applied, refused or found missing
     */
    public TlsBundles(
            @Nullable SslBundles bundles,
            @Nullable SslProperties properties,
            TlsProvider provider,
            ResourceLoader resources,
            InstantSource clock,
            Consumer<TlsBundleChanged> events) {
        this.bundles = bundles;
        this.properties = properties;
        this.provider = provider;
        this.resources = resources;
        this.clock = clock;
        this.events = events;
    }

    /**
     * Options to accept with. Clients are not authenticated; {@link TlsOptions#withClientAuthentication} changes that, and its
     * handshakes fail if the bundle has no trust store.
     *
     * @throws UnknownBundleException if there is no such bundle
     * @throws UnusableBundleException if it cannot be used, for example because it has no key
     */
    public TlsOptions server(String bundle) {
        String caller = "TlsBundles.server(..)";
        return TlsOptions.server(new BundleEngines(serverBundle(bundle, caller), Map.of()));
    }

    /**
     * Options to connect with. The bundle's trust store says whom to trust, the authorities that the JVM trusts if it has none;
     * its key, if it has one, is shown to servers that ask for it.
     *
     * @param host sent to the server and looked for in its certificate
     * @param port by host and port a session is found that may be resumed
     * @throws UnknownBundleException if there is no such bundle
     * @throws UnusableBundleException if it cannot be used
     */
    public TlsOptions client(String bundle, String host, int port) {
        return TlsOptions.client(new BundleEngines(use(bundle, "TlsBundles.client(..)"), Map.of()), host, port);
    }

    /**
     * The TLS of a server.
     *
     * @param prefix of the properties that say so, with the dot at the end: for messages
     * @param bundle for clients that name no server, or one that is not among {@code serverNames}
     * @param serverNames host names, or {@code *.} and one, with their bundles
     * @throws UnknownBundleException if one of the bundles does not exist
     * @throws UnusableBundleException if one of them cannot be used: it has no key, or no trust store although clients are to be
     *     authenticated
     * @throws IllegalArgumentException if a server name is none
     */
    public ServerTls forServer(
            String prefix,
            String bundle,
            TlsClientAuthentication clientAuthentication,
            Map<String, String> serverNames,
            List<String> applicationProtocols,
            Duration handshakeTimeout) {
        TlsBundle standard = serverBundle(bundle, clientAuthentication, prefix + "bundle");
        Map<String, TlsBundle> byServerName = new LinkedHashMap<>();
        serverNames.forEach((name, named) -> byServerName.put(
                ServerName.normalized(name),
                serverBundle(named, clientAuthentication, prefix + "server-name-bundles")));
        return new ServerTls(standard, byServerName, clientAuthentication, applicationProtocols, handshakeTimeout);
    }

    /**
     * The TLS of a client.
     *
     * @param prefix of the properties that say so, with the dot at the end: for messages
     * @param serverName sent to the server and looked for in its certificate, in place of the host that is connected to
     * @param verifyHostName whether the name must be in the server's certificate
     * @throws UnknownBundleException if the bundle does not exist
     * @throws UnusableBundleException if it cannot be used
     */
    public ClientTls forClient(
            String prefix,
            String bundle,
            @Nullable String serverName,
            boolean verifyHostName,
            List<String> applicationProtocols,
            Duration handshakeTimeout) {
        return new ClientTls(
                use(bundle, prefix + "bundle"), serverName, verifyHostName, applicationProtocols, handshakeTimeout);
    }

    /**
     * A host name, or {@code *.} and one, as it is compared: in lower case and ASCII.
     *
     * @throws IllegalArgumentException if it is neither; says why
     */
    public static String serverName(String pattern) {
        return ServerName.normalized(pattern);
    }

    private TlsBundle serverBundle(String name, TlsClientAuthentication clientAuthentication, String namedBy) {
        TlsBundle bundle = serverBundle(name, namedBy);
        if (clientAuthentication != TlsClientAuthentication.NONE) {
            try {
                bundle.needTrust();
            } catch (UnusableBundleException e) {
                throw e.namedBy(namedBy);
            }
        }
        return bundle;
    }

    private TlsBundle serverBundle(String name, String namedBy) {
        TlsBundle bundle = use(name, namedBy);
        try {
            bundle.needKey();
        } catch (UnusableBundleException e) {
            throw e.namedBy(namedBy);
        }
        return bundle;
    }

    private TlsBundle use(String name, String namedBy) {
        synchronized (inUse) {
            TlsBundle known = inUse.get(name);
            if (known != null) {
                return known;
            }
            if (bundles == null) {
                throw new UnknownBundleException(name, namedBy, List.of());
            }
            TlsBundle bundle;
            try {
                bundle = take(name, bundles);
            } catch (NoSuchSslBundleException e) {
                throw new UnknownBundleException(name, namedBy, bundles.getBundleNames());
            } catch (UnusableBundleException e) {
                throw e.namedBy(namedBy);
            }
            inUse.put(name, bundle);
            startReviews();
            return bundle;
        }
    }

    private TlsBundle take(String name, SslBundles from) {
        SslBundle first = from.getBundle(name);
        TlsBundle bundle = new TlsBundle(
                name,
                first,
                provider,
                properties == null ? null : BundleFiles.of(name, properties, resources),
                clock,
                System::nanoTime,
                events);
        from.addBundleUpdateHandler(name, bundle::update);
        SslBundle newest = from.getBundle(name);
        if (!newest.equals(first)) {
            bundle.update(newest); // came while nobody was listening yet
        }
        return bundle;
    }

    private void startReviews() {
        if (reviews == null) {
            TimerTask review = new TimerTask() {
                @Override
                public void run() {
                    reviewOrLog();
                }
            };
            reviews = new Timer("iocp-ssl-files", true);
            reviews.schedule(review, reviewPeriodMillis(), reviewPeriodMillis());
        }
    }

    /** Boot's quiet period, within bounds: looking more often would find files that are still being written. */
    private long reviewPeriodMillis() {
        Duration quiet = properties == null
                ? LONGEST_REVIEW_PERIOD
                : properties.getBundle().getWatch().getFile().getQuietPeriod();
        return Math.clamp(quiet.toMillis(), SHORTEST_REVIEW_PERIOD.toMillis(), LONGEST_REVIEW_PERIOD.toMillis());
    }

    private void reviewOrLog() {
        try {
            review();
        } catch (RuntimeException e) {
            LOG.warn("the files of SSL bundles could not be looked at", e);
        }
    }

    /**
     * Looks at once whether the files of a bundle differ from what is in use, as is done every few seconds anyway. Costs a few
     * look-ups in the file system for each bundle; a bundle is read only if one of its files has changed.
     */
    public void review() {
        all().forEach(TlsBundle::review);
    }

    /** The bundles in use. */
    public List<TlsBundleStatus> statuses() {
        return all().stream().map(TlsBundle::status).toList();
    }

    private List<TlsBundle> all() {
        synchronized (inUse) {
            return List.copyOf(inUse.values());
        }
    }

    /** Looks at files no more. What was made goes on to work. */
    @Override
    public void close() {
        synchronized (inUse) {
            if (reviews != null) {
                reviews.cancel();
                reviews = null;
            }
        }
    }
}
