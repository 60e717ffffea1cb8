package io.iocp.demo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Many clients of an echo server on one thread: all connected at once, each sending its messages one by one and comparing
 * every byte that comes back.
 *
 * <pre>{@code
 * java -cp demo-app/target/test-classes io.iocp.demo.EchoClients 127.0.0.1 7007 10000 100
 * }</pre>
 */
public final class EchoClients {

    private static final int MESSAGE_BYTES = 64;

    private final InetSocketAddress server;
    private final int connections;
    private final int messages;
    private final Answers answers;
    private int done;

    /** Is told of every message that has come back whole. */
    @FunctionalInterface
    public interface Answers {
        /**
         * A message has come back.
         *
         * @param clientPort port number of the client's end
         * @param message of this connection, from 0
         * @param nanos from its write
         */
        void answered(int clientPort, int message, long nanos);
    }

    /** One connection: which message it is at, and how many bytes of it have come back. */
    private static final class Client {
        final int index;
        final int port;
        final ByteBuffer message = ByteBuffer.allocate(MESSAGE_BYTES);
        int at;
        int echoed;
        long since;

        Client(int index, int port) {
            this.index = index;
            this.port = port;
        }

        byte expected(int position) {
            return (byte) (index * 31 + at * 17 + position * 7);
        }

        void fill() {
            message.clear();
            while (message.hasRemaining()) {
                message.put(expected(message.position()));
            }
            message.flip();
            echoed = 0;
            since = System.nanoTime();
        }
    }

    public EchoClients(InetSocketAddress server, int connections, int messages) {
        this(server, connections, messages, (port, message, nanos) -> {});
    }

    public EchoClients(InetSocketAddress server, int connections, int messages, Answers answers) {
        this.server = server;
        this.connections = connections;
        this.messages = messages;
        this.answers = answers;
    }

    public static void main(String[] arguments) throws IOException {
        var server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        var clients = new EchoClients(server, Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
        long start = System.nanoTime();
        clients.run(Duration.ofMinutes(5), () -> System.out.println("all connected"));
        long millis = (System.nanoTime() - start) / 1_000_000;
        System.out.println(arguments[2] + " connections x " + arguments[3] + " messages of " + MESSAGE_BYTES
                + " bytes: every byte came back, in order; " + millis + " ms");
    }

    /**
     * Runs all clients to their end.
     *
     * @param whenConnected called once all are connected and before the first message
     * @throws AssertionError if a byte is lost, reordered or changed, a connection ends early, or the time is over
     */
    public void run(Duration timeout, Runnable whenConnected) throws IOException {
        SocketChannel[] channels = new SocketChannel[connections];
        try (Selector selector = Selector.open()) {
            for (int index = 0; index < connections; index++) {
                channels[index] = SocketChannel.open(server);
                channels[index].setOption(StandardSocketOptions.TCP_NODELAY, true);
                channels[index].configureBlocking(false);
            }
            whenConnected.run();
            for (int index = 0; index < connections; index++) {
                Client client = new Client(index, channels[index].socket().getLocalPort());
                client.fill();
                write(channels[index].register(selector, SelectionKey.OP_READ, client));
            }
            long deadline = System.nanoTime() + timeout.toNanos();
            ByteBuffer received = ByteBuffer.allocate(4096);
            while (done < connections) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(done + " of " + connections + " clients are done after " + timeout);
                }
                selector.select(key -> turn(key, received), 1000);
            }
        } finally {
            for (SocketChannel channel : channels) {
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    private void turn(SelectionKey key, ByteBuffer received) {
        Client client = (Client) key.attachment();
        try {
            if (key.isWritable()) {
                write(key);
            }
            if (key.isReadable()) {
                received.clear();
                if (((SocketChannel) key.channel()).read(received) < 0) {
                    throw new AssertionError("client " + client.index + ": ended at message " + client.at);
                }
                check(client, received.flip());
                if (client.echoed == MESSAGE_BYTES) {
                    next(key, client);
                }
            }
        } catch (IOException e) {
            throw new AssertionError("client " + client.index + " at message " + client.at, e);
        }
    }

    private static void check(Client client, ByteBuffer received) {
        while (received.hasRemaining()) {
            byte is = received.get();
            if (client.echoed == MESSAGE_BYTES || is != client.expected(client.echoed)) {
                throw new AssertionError("client " + client.index + ", message " + client.at + ", byte " + client.echoed
                        + ": " + is + " is not what was sent");
            }
            client.echoed++;
        }
    }

    private void next(SelectionKey key, Client client) throws IOException {
        answers.answered(client.port, client.at, System.nanoTime() - client.since);
        client.at++;
        if (client.at == messages) {
            key.cancel();
            done++;
        } else {
            client.fill();
            write(key);
        }
    }

    private static void write(SelectionKey key) throws IOException {
        ByteBuffer message = ((Client) key.attachment()).message;
        ((SocketChannel) key.channel()).write(message);
        key.interestOps(SelectionKey.OP_READ | (message.hasRemaining() ? SelectionKey.OP_WRITE : 0));
    }
}
