package io.iocp.demo.limits;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients of {@code kv} on one thread, each of which increments a number of its own, one request after the other, until its
 * connection ends; and what they have seen.
 */
final class IncrementingClients {
    private final long[] values;
    private final InetSocketAddress server;
    private int open;
    private final AtomicInteger answeredOnce = new AtomicInteger();
    private int cut;
    private int reset;
    private long replies;
    private volatile boolean ended;

    private static final class Client {
        final int index;
        final ByteBuffer reply = ByteBuffer.allocate(64);

        Client(int index) {
            this.index = index;
        }
    }

    IncrementingClients(InetSocketAddress server, int connections) {
        this.server = server;
        this.values = new long[connections];
    }

    static String key(int client) {
        return "count:" + client;
    }

    /** Runs them until all their connections have ended. */
    void run(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < values.length; i++) {
                SocketChannel channel = SocketChannel.open(server);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, new Client(i));
                open++;
                ask(channel, i);
            }
            while (open > 0) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(open + " of " + values.length + " connections are open after " + timeout);
                }
                selector.select(this::turn, 1000);
            }
        } finally {
            ended = true;
        }
    }

    private static void ask(SocketChannel channel, int index) throws IOException {
        channel.write(ByteBuffer.wrap(("INCR " + key(index) + "\r\n").getBytes(StandardCharsets.US_ASCII)));
    }

    private void turn(SelectionKey key) {
        Client client = (Client) key.attachment();
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            if (channel.read(client.reply) < 0) {
                if (client.reply.position() > 0) {
                    cut++;
                }
                end(key);
                return;
            }
            int length = client.reply.position();
            if (client.reply.get(length - 1) == '\n') {
                String line = new String(client.reply.array(), 0, length - 2, StandardCharsets.US_ASCII);
                client.reply.clear();
                if (!line.equals(":" + (values[client.index] + 1))) {
                    throw new AssertionError(
                            "client " + client.index + " got '" + line + "' behind " + values[client.index]);
                }
                if (values[client.index]++ == 0) {
                    answeredOnce.incrementAndGet();
                }
                replies++;
                ask(channel, client.index);
            }
        } catch (IOException e) {
            reset++;
            end(key);
        }
    }

    private void end(SelectionKey key) {
        key.cancel();
        try {
            key.channel().close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        open--;
    }

    /** How many have had an answer. */
    int answeredOnce() {
        return answeredOnce.get();
    }

    boolean ended() {
        return ended;
    }

    // ---- behind the end

    /** What the last answer to this client was. */
    long value(int client) {
        return values[client];
    }

    /** Connections that ended within an answer. */
    int cut() {
        return cut;
    }

    /** Connections that were reset. */
    int reset() {
        return reset;
    }

    long replies() {
        return replies;
    }
}
