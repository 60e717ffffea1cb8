package io.iocp.benchmarks;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import org.conscrypt.Conscrypt;

/**
 * Whose TLS engine is cheap, and does it matter where the cipher text lies? Two engines that talk with each other in memory, on
 * one thread: what the server's costs.
 *
 * <pre>{@code
 * taskset -c 1 benchmarks/run TlsProviders
 * benchmarks/run TlsProviders handshakes=100 batches=100 to=/tmp/tls-providers.md
 * }</pre>
 */
final class TlsProviders {
    private static final int[] SIZES = {64, 1024, 16_384};
    private static final String HOST = "localhost";
    private static final double NANOS = 1e3;

    private TlsProviders() {}

    /** Makes a server's engines. */
    private interface Source {
        String name();

        SSLEngine engine();
    }

    private record Jca(String name, SSLContext context) implements Source {
        static Jca of(String name, Path keys, Provider provider) throws GeneralSecurityException, IOException {
            SSLContext context = SSLContext.getInstance("TLS", provider);
            context.init(TlsKeys.read(keys).getKeyManagers(), null, null);
            return new Jca(name, context);
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

    private record Netty(String name, SslContext context) implements Source {
        @Override
        public SSLEngine engine() {
            return context.newEngine(PooledByteBufAllocator.DEFAULT);
        }
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        Tls.prepare();
        Arguments given = new Arguments(arguments);
        int handshakes = given.number("handshakes", 2000);
        int batches = given.number("batches", 2000);
        Path to = Path.of(given.text("to", "docs/benchmarks/tls-providers.md"));
        given.done();

        List<List<String>> shaken = new ArrayList<>();
        List<List<String>> records = new ArrayList<>();
        try (TlsKeys keys = TlsKeys.make()) {
            SSLContext client = client(keys.store());
            for (Source source : sources(keys.store())) {
                shaken.add(List.of(
                        source.name(),
                        Report.number(handshakeMicros(source, client, false, handshakes)),
                        Report.number(handshakeMicros(source, client, true, handshakes))));
                // Twice: the first time also warms up what the others of this engine use.
                for (int time = 0; time < 2; time++) {
                    for (boolean direct : new boolean[] {false, true}) {
                        List<String> row = recordMicros(source, client, direct, batches);
                        if (time > 0) {
                            records.add(row);
                        }
                    }
                }
            }
        }
        new Report(
                        "TLS engines in memory",
                        "What the server's engine costs when it talks with one of the JDK in memory, on one thread, its delegated"
                                + " tasks included. Medians. " + Tls.AGREED)
                .circumstancesOfOneProcess("benchmarks/run TlsProviders " + String.join(" ", arguments))
                .heading("Handshakes")
                .paragraphs(
                        "Microseconds of the server for one of " + handshakes + ", behind half as many for warming up.")
                .table(List.of("engine", "full", "resumed"), shaken)
                .heading("Records")
                .paragraphs(
                        "Microseconds to make one (wrap) and to read one (unwrap). Plain text lies outside of the heap.")
                .table(
                        List.of(
                                "engine",
                                "cipher text",
                                "64 B wrap",
                                "unwrap",
                                "1 KiB wrap",
                                "unwrap",
                                "16 KiB wrap",
                                "unwrap",
                                "bytes allocated, 64 B made and read"),
                        records)
                .write(to);
    }

    private static List<Source> sources(Path keys) throws GeneralSecurityException, IOException {
        return List.of(
                Jca.of("JDK", keys, SSLContext.getInstance("TLS").getProvider()),
                new Netty("OpenSSL", NettyTls.context(keys, true)),
                Jca.of(
                        "Conscrypt " + Conscrypt.class.getPackage().getImplementationVersion(),
                        keys,
                        Conscrypt.newProvider()));
    }

    /** Of the JDK, and it does look at the certificate. */
    private static SSLContext client(Path keys) throws GeneralSecurityException, IOException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(TlsKeys.certificates(keys));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static SSLEngine client(SSLContext context) {
        SSLEngine engine = context.createSSLEngine(HOST, 1);
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(TlsKeys.PROTOCOLS.toArray(String[]::new));
        engine.setEnabledCipherSuites(TlsKeys.CIPHER_SUITES.toArray(String[]::new));
        return engine;
    }

    private static double handshakeMicros(Source source, SSLContext clients, boolean resumed, int count)
            throws IOException {
        List<Double> micros = new ArrayList<>();
        for (int i = -count / 2; i < count; i++) {
            SSLEngine server = source.engine();
            SSLEngine client = client(clients);
            TlsPair pair = new TlsPair(server, client);
            double took = pair.handshake() / NANOS;
            pair.greet();
            if (!resumed) {
                client.getSession().invalidate();
            }
            pair.end();
            ReferenceCountUtil.release(server);
            if (i >= 0) {
                micros.add(took);
            }
        }
        return Report.median(micros);
    }

    private static List<String> recordMicros(Source source, SSLContext clients, boolean direct, int batches)
            throws IOException {
        List<String> row = new ArrayList<>(List.of(source.name(), direct ? "outside" : "on the heap"));
        List<Double> allocated = new ArrayList<>();
        for (int size : SIZES) {
            SSLEngine server = source.engine();
            TlsPair pair = new TlsPair(server, client(clients));
            pair.handshake();
            pair.greet();
            List<Double> wraps = new ArrayList<>();
            List<Double> unwraps = new ArrayList<>();
            for (int i = -batches / 2; i < batches; i++) {
                TlsPair.Records took = pair.records(size, direct);
                if (i >= 0) {
                    wraps.add(took.wrapNanos() / NANOS);
                    unwraps.add(took.unwrapNanos() / NANOS);
                    if (size == SIZES[0]) {
                        allocated.add(took.allocatedBytes());
                    }
                }
            }
            row.add(Report.decimal(Report.median(wraps)));
            row.add(Report.decimal(Report.median(unwraps)));
            pair.end();
            ReferenceCountUtil.release(server);
        }
        row.add(Report.number(Report.median(allocated)));
        return row;
    }
}
