package io.iocp.benchmarks.blocking;

import io.iocp.benchmarks.echo.Message;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.ProcessorTime;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Settings;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * All clients of one server, on one thread: two system calls for a message and a share of one select, so that it is cheaper
 * than a server. Checks that each message comes back whole.
 *
 * <p>Closed loop: latency is from the write of a message to the arrival of its last byte. A slow server is asked less often
 * then, so its waits are counted less often than its users would feel them (coordinated omission). Open loop: latency is from
 * the time at which the message was due, also when its connection was still waiting for the one before; exact to a tenth of a
 * millisecond.
 *
 * <p>Thread: one; not to be shared.
 */
public final class LoadGenerator implements AutoCloseable {
    /** Of messages whose handlers did not sleep. */
    public static final Metric OTHERS_P50 = new Metric("others p50 us", 0);

    public static final Metric OTHERS_P99 = new Metric("others p99 us", 0);
    public static final Metric OTHERS_P999 = new Metric("others p99.9 us", 0);
    /** Of messages whose handlers slept. */
    public static final Metric SLEEPERS_P50 = new Metric("sleepers p50 us", 0);

    public static final Metric SLEEPERS_P99 = new Metric("sleepers p99 us", 0);

    private static final double NANOS_PER_MICRO = 1e3;
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int DIGITS = 3;
    private static final int SEQUENCE = 8;
    /** Before an open loop looks again; the kernel makes a tenth of a millisecond of it. */
    private static final long PAUSE_NANOS = 20_000;

    private static final long PATIENCE_NANOS = Duration.ofSeconds(20).toNanos();

    private final ServerProcess server;
    private final Selector selector;
    private final List<Client> clients = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(25);
    private final ByteBuffer received = ByteBuffer.allocateDirect(2 * Message.BYTES);
    private Histogram others = new Histogram(LONGEST_NANOS, DIGITS);
    private Histogram sleepers = new Histogram(LONGEST_NANOS, DIGITS);
    private long messages;
    /** Messages under way. */
    private int waiting;
    /** Nothing more is sent. */
    private boolean ending;
    /** How many messages became due so far. Open loop only. */
    private long dues;

    /** One connection and the message that it has under way. */
    private static final class Client {
        final SocketChannel channel;
        final ByteBuffer message = ByteBuffer.allocateDirect(Message.BYTES);
        /** Times at which messages were due that have not been sent. Open loop only. */
        final Deque<Long> due = new ArrayDeque<>();

        boolean waiting;
        int echoed;
        long since;
        long sequence;

        Client(SocketChannel channel) {
            this.channel = channel;
        }
    }

    private LoadGenerator(ServerProcess server) throws IOException {
        this.server = server;
        selector = Selector.open();
    }

    /** Connects so many clients, which stay connected until closed. */
    static LoadGenerator connect(ServerProcess server, int connections) throws IOException {
        LoadGenerator generator = new LoadGenerator(server);
        try {
            for (int i = 0; i < connections; i++) {
                SocketChannel channel = SocketChannel.open(server.address());
                Client client = new Client(channel);
                generator.clients.add(client);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.configureBlocking(false);
                channel.register(generator.selector, SelectionKey.OP_READ, client);
            }
            return generator;
        } catch (IOException | RuntimeException e) {
            generator.close();
            throw e;
        }
    }

    /** Connects, warms up, measures and closes. */
    static Sample run(ServerProcess server, Load load, long millis) throws IOException {
        try (LoadGenerator generator = connect(server, load.connections())) {
            return generator.run(load, millis);
        }
    }

    /**
     * Warms up, measures, and waits for what is still under way.
     *
     * @throws IOException if a connection ends early or a message comes back changed
     */
    Sample run(Load load, long millis) throws IOException {
        long begin = System.nanoTime();
        ending = false;
        dues = 0;
        if (load.perSecond() == 0) {
            for (Client client : clients) {
                send(client, load, System.nanoTime());
            }
        }
        long measureFrom = begin + Settings.AGAIN.toNanos();
        turnUntil(measureFrom, begin, load);
        others = new Histogram(LONGEST_NANOS, DIGITS);
        sleepers = new Histogram(LONGEST_NANOS, DIGITS);
        messages = 0;
        long cpu = server.cpuNanos();
        long ownCpu = ProcessorTime.ownNanos();
        long from = System.nanoTime();
        turnUntil(measureFrom + Duration.ofMillis(millis).toNanos(), begin, load);
        Sample measured = Sample.of(
                        messages, System.nanoTime() - from, server.cpuNanos() - cpu, ProcessorTime.ownNanos() - ownCpu)
                .with(OTHERS_P50, micros(others, 50))
                .with(OTHERS_P99, micros(others, 99))
                .with(OTHERS_P999, micros(others, 99.9))
                .with(SLEEPERS_P50, micros(sleepers, 50))
                .with(SLEEPERS_P99, micros(sleepers, 99));
        end(load);
        return measured;
    }

    private static double micros(Histogram of, double percentile) {
        return of.getTotalCount() == 0 ? Double.NaN : of.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
    }

    private void end(Load load) throws IOException {
        ending = true;
        clients.forEach(client -> client.due.clear());
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (waiting > 0) {
            if (System.nanoTime() > deadline) {
                throw new IOException(waiting + " messages never came back");
            }
            selector.select(key -> turn(key, load), 10);
        }
    }

    @Override
    public void close() throws IOException {
        for (Client client : clients) {
            client.channel.close();
        }
        selector.close();
    }

    private void turnUntil(long end, long begin, Load load) throws IOException {
        while (true) {
            long now = System.nanoTime();
            if (now >= end) {
                return;
            }
            if (load.perSecond() == 0) {
                selector.select(key -> turn(key, load), 10);
            } else {
                sendDue(now - begin, begin, load);
                if (selector.selectNow(key -> turn(key, load)) == 0) {
                    // Not to spin, which would take a processor from the server.
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }
    }

    private void sendDue(long elapsed, long begin, Load load) throws IOException {
        double interval = 1e9 / load.perSecond();
        while (dues * interval <= elapsed) {
            Client client = clients.get((int) (dues % clients.size()));
            long due = begin + (long) (dues * interval);
            dues++;
            if (client.waiting) {
                client.due.add(due);
            } else {
                send(client, load, due);
            }
        }
    }

    private void turn(SelectionKey key, Load load) {
        Client client = (Client) key.attachment();
        try {
            int bytes = client.channel.read(received.clear());
            if (bytes < 0) {
                throw new IOException("the server has closed the connection");
            }
            for (int i = 0; i < bytes; i++) {
                if (received.get(i) != client.message.get(client.echoed + i)) {
                    throw new IOException("byte " + (client.echoed + i) + " came back changed");
                }
            }
            client.echoed += bytes;
            if (client.echoed == Message.BYTES) {
                answered(client, load, System.nanoTime());
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void answered(Client client, Load load, long now) throws IOException {
        messages++;
        Histogram of = client.message.get(0) == Message.SLEEP ? sleepers : others;
        of.recordValue(Math.min(now - client.since, LONGEST_NANOS));
        client.waiting = false;
        waiting--;
        if (ending) {
            return;
        }
        if (load.perSecond() == 0) {
            send(client, load, now);
        } else {
            Long due = client.due.poll();
            if (due != null) {
                send(client, load, due);
            }
        }
    }

    private void send(Client client, Load load, long since) throws IOException {
        boolean sleep = load.sleepOneIn() > 0 && random.nextInt(load.sleepOneIn()) == 0;
        ByteBuffer message = client.message.clear();
        message.put(0, sleep ? Message.SLEEP : Message.ANSWER).putLong(SEQUENCE, client.sequence++);
        client.since = since;
        client.echoed = 0;
        client.waiting = true;
        waiting++;
        if (client.channel.write(message) != Message.BYTES) {
            throw new IOException("64 bytes did not fit into an empty connection");
        }
    }
}
