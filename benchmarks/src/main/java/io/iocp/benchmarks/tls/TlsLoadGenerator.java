package io.iocp.benchmarks.tls;

import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.ProcessorTime;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.HdrHistogram.Histogram;

/**
 * All TLS clients of one server, on one thread, with OpenSSL's engine (BoringSSL) on a selector: cheaper than a server, whatever
 * its engine. Closed loop; latency is from the sending of a request, or from the connect where each has a connection of its own.
 *
 * <p>Thread: one; not to be shared.
 */
public final class TlsLoadGenerator implements AutoCloseable {
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int DIGITS = 3;
    private static final double NANOS_PER_MICRO = 1e3;
    /** Of each connection, looked at byte by byte. */
    private static final int LOOKED_AT = 3;
    /** A server that sends its certificate sends more than this until the handshake is over; one that resumes, less. */
    private static final int FULL_HANDSHAKE_BYTES = 520;

    private static final int AT_ONCE = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int SELECT_MILLIS = 10;

    private final ServerProcess server;
    private final TlsLoad load;
    private final SslContext context;
    private final Selector selector;
    private final TlsClient.Buffers buffers = new TlsClient.Buffers();
    private final ByteBuffer request;
    private final List<Slot> slots = new ArrayList<>();
    private Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);
    private long answers;
    private long full;
    private long resumed;
    /** Requests under way. */
    private int waiting;

    private boolean ending;

    /** One client at a time, and the request that it has under way. */
    private static final class Slot {
        TlsClient client;
        int arrived;
        int lookedAt;
        long since;

        Slot(TlsClient client) {
            this.client = client;
        }
    }

    private TlsLoadGenerator(ServerProcess server, TlsLoad load) throws IOException {
        this.server = server;
        this.load = load;
        this.selector = Selector.open();
        this.context = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .protocols(TlsKeys.PROTOCOLS)
                .ciphers(TlsKeys.CIPHER_SUITES)
                .build();
        this.request = TlsAnswers.of(load.requestBytes());
    }

    /** Connects, warms up, measures and closes. */
    static Sample run(ServerProcess server, TlsLoad load, Duration warmUp, long millis) throws IOException {
        try (TlsLoadGenerator generator = connect(server, load)) {
            return generator.run(warmUp, millis);
        }
    }

    /** Connects all clients; each sends its first request as soon as it can. */
    static TlsLoadGenerator connect(ServerProcess server, TlsLoad load) throws IOException {
        TlsLoadGenerator generator = new TlsLoadGenerator(server, load);
        try {
            for (int i = 0; i < load.connections(); i++) {
                Slot slot = new Slot(generator.client());
                generator.slots.add(slot);
                generator.begin(slot);
            }
            return generator;
        } catch (IOException | RuntimeException e) {
            generator.close();
            throw e;
        }
    }

    /** Connects all clients, a few at a time; each gets one answer and then does nothing. */
    static TlsLoadGenerator connectIdle(ServerProcess server, TlsLoad load) throws IOException {
        TlsLoadGenerator generator = new TlsLoadGenerator(server, load);
        try {
            while (generator.slots.size() < load.connections()) {
                Slot slot = new Slot(generator.client());
                generator.slots.add(slot);
                generator.begin(slot);
                if (generator.slots.size() % AT_ONCE == 0) {
                    generator.end();
                }
            }
            generator.end();
            return generator;
        } catch (IOException | RuntimeException e) {
            generator.close();
            throw e;
        }
    }

    private Sample run(Duration warmUp, long millis) throws IOException {
        turnFor(warmUp);
        latencies = new Histogram(LONGEST_NANOS, DIGITS);
        answers = 0;
        full = 0;
        resumed = 0;
        long cpu = server.cpuNanos();
        long ownCpu = ProcessorTime.ownNanos();
        long from = System.nanoTime();
        turnFor(Duration.ofMillis(millis));
        Sample measured = Sample.of(
                        answers, System.nanoTime() - from, server.cpuNanos() - cpu, ProcessorTime.ownNanos() - ownCpu)
                .with(Metric.P50, micros(50))
                .with(Metric.P99, micros(99));
        // The first of each slot has nothing to resume, and may be late.
        if (!load.lasting() && (load.resumed() ? full : resumed) > answers / 10 + load.connections()) {
            throw new IOException(full + " handshakes were full, " + resumed + " resumed");
        }
        end();
        return measured;
    }

    private double micros(double percentile) {
        return answers == 0 ? Double.NaN : latencies.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
    }

    /** Nothing more is sent; returns when all answers have arrived. */
    void end() throws IOException {
        ending = true;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (waiting > 0) {
            if (System.nanoTime() > deadline) {
                throw new IOException(waiting + " answers never came");
            }
            selector.select(this::turn, SELECT_MILLIS);
        }
    }

    @Override
    public void close() throws IOException {
        for (Slot slot : slots) {
            close(slot.client);
        }
        selector.close();
        ReferenceCountUtil.release(context);
    }

    private void turnFor(Duration time) throws IOException {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            selector.select(this::turn, SELECT_MILLIS);
        }
    }

    private TlsClient client() throws IOException {
        // Without a name of the server there is no session to be found again.
        SSLEngine engine = load.resumed()
                ? context.newEngine(
                        UnpooledByteBufAllocator.DEFAULT,
                        "localhost",
                        server.address().getPort())
                : context.newEngine(UnpooledByteBufAllocator.DEFAULT);
        try {
            return new TlsClient(server.address(), engine, buffers);
        } catch (IOException e) {
            ReferenceCountUtil.release(engine);
            throw e;
        }
    }

    private void begin(Slot slot) throws IOException {
        waiting++;
        slot.since = System.nanoTime();
        slot.arrived = 0;
        slot.client.channel().register(selector, SelectionKey.OP_READ, slot);
        slot.client.begin();
    }

    private static void close(TlsClient client) throws IOException {
        try {
            client.close();
        } finally {
            ReferenceCountUtil.release(client.engine());
        }
    }

    private void turn(SelectionKey key) {
        Slot slot = (Slot) key.attachment();
        try {
            boolean shaken = slot.client.shaken();
            slot.arrived += slot.client.receive((offset, text) -> look(slot.arrived + offset, text));
            if (!shaken && slot.client.shaken()) {
                if (slot.client.handshakeBytes() > FULL_HANDSHAKE_BYTES) {
                    full++;
                } else {
                    resumed++;
                }
                slot.client.send(request.duplicate());
            } else if (slot.arrived == load.expectedBytes()) {
                answered(slot);
            } else if (slot.arrived > load.expectedBytes()) {
                throw new IOException(slot.arrived + " bytes for an answer");
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void look(int offset, ByteBuffer text) throws IOException {
        for (int i = 0; i < text.limit(); i++) {
            if (text.get(i) != TlsAnswers.at(offset + i)) {
                throw new IOException("byte " + (offset + i) + " came changed");
            }
        }
    }

    private void answered(Slot slot) throws IOException {
        long now = System.nanoTime();
        answers++;
        latencies.recordValue(Math.min(now - slot.since, LONGEST_NANOS));
        slot.arrived = 0;
        if (ending) {
            waiting--;
        } else if (load.lasting()) {
            if (!slot.client.counting() && ++slot.lookedAt >= LOOKED_AT) {
                slot.client.count();
            }
            slot.since = now;
            slot.client.send(request.duplicate());
        } else {
            waiting--;
            TlsClient next = client();
            close(slot.client);
            slot.client = next;
            begin(slot);
        }
    }
}
