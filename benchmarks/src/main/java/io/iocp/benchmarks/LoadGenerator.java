package io.iocp.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * All clients of one server, on one thread: two system calls for a message and a share of one select, so that it is cheaper
 * than a server. Checks that each message comes back whole.
 *
 * <p>Closed loop: latency is from the write of a message to the arrival of its last byte. A slow server is asked less often
 * then, so its waits are counted less often than its users would feel them (coordinated omission). Open loop: latency is from
 * the time at which the message was due, also when its connection was still waiting for the one before.
 *
 * <p>Thread: one; not to be shared.
 */
final class LoadGenerator {
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int DIGITS = 3;
    private static final int SEQUENCE = 8;

    private final InetSocketAddress server;
    private final Load load;
    private final LongSupplier serverCpuNanos;
    private final SplittableRandom random = new SplittableRandom(25);
    private final ByteBuffer received = ByteBuffer.allocateDirect(2 * Message.BYTES);
    private final Histogram others = new Histogram(LONGEST_NANOS, DIGITS);
    private final Histogram sleepers = new Histogram(LONGEST_NANOS, DIGITS);
    private long measureFrom;
    private long measureTo;
    private long messages;

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

    private LoadGenerator(InetSocketAddress server, Load load, LongSupplier serverCpuNanos) {
        this.server = server;
        this.load = load;
        this.serverCpuNanos = serverCpuNanos;
    }

    /**
     * Connects, warms up, measures and closes.
     *
     * @param serverCpuNanos read at the begin and the end of the measured time
     * @throws IOException if a connection ends early or a message comes back changed
     */
    static Measurement run(InetSocketAddress server, Load load, LongSupplier serverCpuNanos) throws IOException {
        return new LoadGenerator(server, load, serverCpuNanos).run();
    }

    private Measurement run() throws IOException {
        Client[] clients = new Client[load.connections()];
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < clients.length; i++) {
                SocketChannel channel = SocketChannel.open(server);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.configureBlocking(false);
                clients[i] = new Client(channel);
                channel.register(selector, SelectionKey.OP_READ, clients[i]);
            }
            return drive(selector, clients);
        } finally {
            for (Client client : clients) {
                if (client != null) {
                    client.channel.close();
                }
            }
        }
    }

    private Measurement drive(Selector selector, Client[] clients) throws IOException {
        long begin = System.nanoTime();
        measureFrom = begin + load.warmUp().toNanos();
        measureTo = measureFrom + load.measured().toNanos();
        if (load.perSecond() == 0) {
            for (Client client : clients) {
                send(client, System.nanoTime());
            }
        }
        turnUntil(measureFrom, begin, selector, clients);
        others.reset();
        sleepers.reset();
        messages = 0;
        long cpu = serverCpuNanos.getAsLong();
        long ownCpu = ServerProcess.ownCpuNanos();
        long from = System.nanoTime();
        turnUntil(measureTo, begin, selector, clients);
        long nanos = System.nanoTime() - from;
        return new Measurement(
                messages,
                nanos,
                others,
                sleepers,
                serverCpuNanos.getAsLong() - cpu,
                ServerProcess.ownCpuNanos() - ownCpu);
    }

    /** How many messages became due so far. Open loop only. */
    private long dues;

    private void turnUntil(long end, long begin, Selector selector, Client[] clients) throws IOException {
        while (true) {
            long now = System.nanoTime();
            if (now >= end) {
                return;
            }
            if (load.perSecond() == 0) {
                selector.select(this::turn, 10);
            } else {
                sendDue(now - begin, begin, clients);
                selector.selectNow(this::turn);
            }
        }
    }

    private void sendDue(long elapsed, long begin, Client[] clients) throws IOException {
        double interval = 1e9 / load.perSecond();
        while (dues * interval <= elapsed) {
            Client client = clients[(int) (dues % clients.length)];
            long due = begin + (long) (dues * interval);
            dues++;
            if (client.waiting) {
                client.due.add(due);
            } else {
                send(client, due);
            }
        }
    }

    private void turn(SelectionKey key) {
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
                answered(client, System.nanoTime());
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void answered(Client client, long now) throws IOException {
        messages++;
        Histogram of = client.message.get(0) == Message.SLEEP ? sleepers : others;
        of.recordValue(Math.min(now - client.since, LONGEST_NANOS));
        client.waiting = false;
        if (load.perSecond() == 0) {
            send(client, now);
        } else {
            Long due = client.due.poll();
            if (due != null) {
                send(client, due);
            }
        }
    }

    private void send(Client client, long since) throws IOException {
        boolean sleep = load.sleepOneIn() > 0 && random.nextInt(load.sleepOneIn()) == 0;
        ByteBuffer message = client.message.clear();
        message.put(0, sleep ? Message.SLEEP : Message.ANSWER).putLong(SEQUENCE, client.sequence++);
        client.since = since;
        client.echoed = 0;
        client.waiting = true;
        if (client.channel.write(message) != Message.BYTES) {
            throw new IOException("64 bytes did not fit into an empty connection");
        }
    }
}
