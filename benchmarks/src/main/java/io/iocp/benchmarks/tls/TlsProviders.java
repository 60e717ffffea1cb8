package io.iocp.benchmarks.tls;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.conscrypt.Conscrypt;

/**
 * Whose TLS engine is cheap, and does it matter where the cipher text lies? Two engines that talk with each other in memory, on
 * one thread: what the server's costs.
 */
public final class TlsProviders implements Workload {
    private static final int[] SIZES = {64, 1024, 16_384};
    private static final String HOST = "localhost";
    private static final double NANOS_PER_MICRO = 1e3;
    private static final Metric FULL = new Metric("full us", 0);
    private static final Metric RESUMED = new Metric("resumed us", 0);
    private static final Metric ALLOCATED = new Metric("bytes allocated, 64 B made and read", 0);

    /** Makes a server's engines. */
    private interface Source {
        SSLEngine engine();
    }

    /**
     * Where records are made.
     *
     * @param direct whether the cipher text lies outside of the heap
     */
    private record Place(Source source, boolean direct) {}

    private record Jca(SSLContext context) implements Source {
        static Jca of(Path keys, Provider provider) throws GeneralSecurityException, IOException {
            SSLContext context = SSLContext.getInstance("TLS", provider);
            context.init(TlsKeys.read(keys).getKeyManagers(), null, null);
            return new Jca(context);
        }

        @Override
        public SSLEngine engine() {
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(false);
            if (Conscrypt.isConscrypt(engine)) {
                Conscrypt.setUseSessionTickets(engine, true);
            }
            return engine;
        }
    }

    private record Netty(SslContext context) implements Source {
        @Override
        public SSLEngine engine() {
            return context.newEngine(PooledByteBufAllocator.DEFAULT);
        }
    }

    @Override
    public String name() {
        return "tls-providers";
    }

    @Override
    public String title() {
        return "TLS engines in memory";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        TlsServers.prepare();
        Settings settings = Settings.of(given, true, Duration.ofSeconds(4), Duration.ofSeconds(1), 5);
        given.done();
        settings.pinLoad();
        section.circumstance("how", settings.text())
                .text(
                        "What the server's engine costs when it talks with one of the JDK in memory, on one thread, its delegated"
                                + " tasks included; each figure is the median of a round's. " + TlsServers.agreed());
        try (TlsKeys keys = TlsKeys.make()) {
            SSLContext clients = clients(keys.store());
            Map<String, Source> sources = sources(keys.store());
            Comparison handshakes =
                    Rounds.of(settings, sources, progress, (source, _, millis) -> handshakes(source, clients, millis));
            section.comparison("Handshakes", handshakes, FULL);
            Map<String, Place> places = new LinkedHashMap<>();
            sources.forEach((name, source) -> {
                places.put(name + ", cipher text on the heap", new Place(source, false));
                places.put(name + ", outside", new Place(source, true));
            });
            Comparison records =
                    Rounds.of(settings, places, progress, (place, _, millis) -> records(place, clients, millis));
            section.comparison(
                    "Records",
                    records,
                    ALLOCATED,
                    "Microseconds to make one (wrap) and to read one (unwrap). Plain text lies outside of the heap.");
        }
    }

    private static Map<String, Source> sources(Path keys) throws GeneralSecurityException, IOException {
        Map<String, Source> sources = new LinkedHashMap<>();
        sources.put("JDK", Jca.of(keys, SSLContext.getInstance("TLS").getProvider()));
        sources.put("OpenSSL", new Netty(NettyTls.context(keys, true)));
        sources.put(
                "Conscrypt " + Conscrypt.class.getPackage().getImplementationVersion(),
                Jca.of(keys, Conscrypt.newProvider()));
        return sources;
    }

    /** Of the JDK, and it does look at the certificate. */
    private static SSLContext clients(Path keys) throws GeneralSecurityException, IOException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(TlsKeys.certificates(keys));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static SSLEngine client(SSLContext clients) {
        SSLEngine engine = clients.createSSLEngine(HOST, 1);
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(TlsKeys.PROTOCOLS.toArray(String[]::new));
        engine.setEnabledCipherSuites(TlsKeys.CIPHER_SUITES.toArray(String[]::new));
        return engine;
    }

    private static Sample handshakes(Source source, SSLContext clients, long millis) throws IOException {
        return Sample.empty()
                .with(FULL, handshakeMicros(source, clients, false, millis / 2))
                .with(RESUMED, handshakeMicros(source, clients, true, millis / 2));
    }

    private static double handshakeMicros(Source source, SSLContext clients, boolean resumed, long millis)
            throws IOException {
        List<Double> micros = new ArrayList<>();
        // There is nothing to resume before the first.
        boolean first = resumed;
        long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        while (micros.isEmpty() || System.nanoTime() < end) {
            SSLEngine server = source.engine();
            SSLEngine client = client(clients);
            TlsPair pair = new TlsPair(server, client);
            double took = pair.handshake() / NANOS_PER_MICRO;
            pair.greet();
            if (!resumed) {
                client.getSession().invalidate();
            }
            pair.end();
            ReferenceCountUtil.release(server);
            if (!first) {
                micros.add(took);
            }
            first = false;
        }
        return Comparison.median(micros);
    }

    private static Sample records(Place place, SSLContext clients, long millis) throws IOException {
        Sample sample = Sample.empty();
        for (int size : SIZES) {
            records(place, clients, size, millis / SIZES.length, sample);
        }
        return sample;
    }

    private static void records(Place place, SSLContext clients, int size, long millis, Sample sample)
            throws SSLException {
        SSLEngine server = place.source().engine();
        TlsPair pair = new TlsPair(server, client(clients));
        pair.handshake();
        pair.greet();
        List<Double> wraps = new ArrayList<>();
        List<Double> unwraps = new ArrayList<>();
        List<Double> allocated = new ArrayList<>();
        long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        while (wraps.isEmpty() || System.nanoTime() < end) {
            TlsPair.Records took = pair.records(size, place.direct());
            wraps.add(took.wrapNanos() / NANOS_PER_MICRO);
            unwraps.add(took.unwrapNanos() / NANOS_PER_MICRO);
            allocated.add(took.allocatedBytes());
        }
        pair.end();
        ReferenceCountUtil.release(server);
        sample.with(new Metric(size + " B wrap", 2), Comparison.median(wraps))
                .with(new Metric("unwrap of " + size + " B", 2), Comparison.median(unwraps));
        if (size == SIZES[0]) {
            sample.with(ALLOCATED, Comparison.median(allocated));
        }
    }
}
