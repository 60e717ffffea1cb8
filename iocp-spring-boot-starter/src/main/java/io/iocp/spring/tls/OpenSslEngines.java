package io.iocp.spring.tls;

import io.iocp.TlsOptions;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;

/**
 * Engines of OpenSSL (BoringSSL, through netty-tcnative) with the key managers and trust managers of a bundle. Nothing here may be
 * touched before {@link OpenSslPresence} has said that it is there.
 *
 * <p>What applies to one engine is set on the engine; what OpenSSL knows for many only, their application protocols, has a native
 * context for each list of them, so there are as many as there are different lists among the options in use. An engine keeps its
 * context alive. When nobody makes engines of this bundle any more, because it was renewed, the collector finds this object, and
 * the contexts go with the last of their engines.
 *
 * <p>Unlike the JDK's, a server whose client offers none of its application protocols goes on without one.
 */
final class OpenSslEngines implements EngineSource {
    private static final Cleaner CLEANER = Cleaner.create();

    /** BoringSSL has all three, in an order of its own, or none. */
    private static final Set<String> ALL_OF_TLS_13 =
            Set.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

    private final Contexts contexts;
    private final List<String> protocols;
    private final List<String> ciphers;

    /** What engines of one native context have in common. */
    private record Kind(boolean client, List<String> applicationProtocols) {}

    /** The native contexts of one bundle. Does not know the object that it belongs to: the collector is to find that. */
    private static final class Contexts implements Runnable {
        private final KeyManagerFactory keys;
        private final TrustManagerFactory trust;
        private final Map<Kind, SslContext> made = new ConcurrentHashMap<>();

        Contexts(KeyManagerFactory keys, TrustManagerFactory trust) {
            // Or each handshake would hand over key and certificates anew.
            this.keys = new OpenSslCachingX509KeyManagerFactory(keys);
            this.trust = trust;
        }

        SslContext of(Kind kind) throws SSLException {
            SslContext known = made.get(kind);
            if (known != null) {
                return known;
            }
            SslContext fresh = make(kind);
            SslContext first = made.putIfAbsent(kind, fresh);
            if (first == null) {
                return fresh;
            }
            ReferenceCountUtil.release(fresh);
            return first;
        }

        private SslContext make(Kind kind) throws SSLException {
            SslContextBuilder builder = kind.client()
                    ? SslContextBuilder.forClient().keyManager(keys).endpointIdentificationAlgorithm(null)
                    : SslContextBuilder.forServer(keys);
            if (!kind.applicationProtocols().isEmpty()) {
                builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        kind.applicationProtocols()));
            }
            // Counted: what is native goes at once, not when the collector comes.
            return builder.trustManager(trust)
                    .sslProvider(SslProvider.OPENSSL_REFCNT)
                    .build();
        }

        @Override
        public void run() {
            made.values().forEach(ReferenceCountUtil::release);
        }
    }

    /**
     * Makes nothing native yet.
     *
     * @param protocols enabled ones, where options name none; empty = OpenSSL's default
     * @param ciphers the same
     */
    @SuppressWarnings("this-escape")
    OpenSslEngines(SslBundle bundle, List<String> protocols, List<String> ciphers) {
        this.contexts = new Contexts(
                bundle.getManagers().getKeyManagerFactory(),
                bundle.getManagers().getTrustManagerFactory());
        this.protocols = protocols;
        this.ciphers = ciphers;
        CLEANER.register(this, contexts);
    }

    /** What of it cannot be done by OpenSSL; null for nothing. */
    @Nullable
    String refusal(TlsOptions options) {
        Set<String> those = new HashSet<>(cipherSuites(options));
        those.retainAll(ALL_OF_TLS_13);
        if (!those.isEmpty()
                && !those.equals(ALL_OF_TLS_13)
                && OpenSsl.versionString().contains("BoringSSL")) {
            return "of the cipher suites of TLS 1.3 only " + String.join(", ", those)
                    + " is to be used, but BoringSSL has all of them or none";
        }
        return null;
    }

    @Override
    public SSLEngine engine(TlsOptions options) throws SSLException {
        String refusal = refusal(options);
        if (refusal != null) {
            throw new SSLException(refusal);
        }
        try {
            SslContext context = context(options);
            String host = options.host();
            SSLEngine engine = host == null
                    ? context.newEngine(PooledByteBufAllocator.DEFAULT)
                    : context.newEngine(PooledByteBufAllocator.DEFAULT, host, options.port());
            try {
                options.apply(engine);
                enable(engine, options);
                return engine;
            } catch (RuntimeException e) {
                ReferenceCountUtil.release(engine);
                throw new SSLException("OpenSSL cannot do what the options say: " + e.getMessage(), e);
            }
        } finally {
            // The contexts are not to go between their look-up and the engine.
            Reference.reachabilityFence(this);
        }
    }

    /** The native context for such options. Lives as long as this, and as its engines. */
    SslContext context(TlsOptions options) throws SSLException {
        return contexts.of(new Kind(options.isClient(), options.applicationProtocols()));
    }

    @Override
    public boolean prefersDirectBuffers() {
        return true;
    }

    private void enable(SSLEngine engine, TlsOptions options) {
        if (options.protocols().isEmpty() && !protocols.isEmpty()) {
            engine.setEnabledProtocols(protocols.toArray(String[]::new));
        }
        List<String> suites = cipherSuites(options);
        if (!suites.isEmpty()) {
            // Behind the protocols, also if the options had them set before: it takes away those that have no suite
            // left.
            engine.setEnabledCipherSuites(suites.toArray(String[]::new));
        }
    }

    private List<String> cipherSuites(TlsOptions options) {
        return options.cipherSuites().isEmpty() ? ciphers : options.cipherSuites();
    }

    /** Frees what is native of an engine that was made here; an engine of the JDK is left alone. */
    static void release(SSLEngine engine) {
        ReferenceCountUtil.release(engine);
    }
}
