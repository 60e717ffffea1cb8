package io.iocp.demo.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.SecureConnection;
import io.iocp.TlsOptions;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;

/**
 * Many clients of an echo server over TLS, on one completion port: each sends message after message and compares every byte that
 * comes back, until told to stop.
 */
final class SecureEchoClients implements CompletionHandler, AutoCloseable {

    /** Handshakes at once: all at once would overflow the server's backlog, and SYNs are sent again after a second only. */
    private static final int HANDSHAKES_AT_ONCE = 64;

    private final InetSocketAddress server;
    private final TlsOptions options;
    private final Client[] clients;
    private final CompletionPort port;
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger secured = new AtomicInteger();
    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicLong echoes = new AtomicLong();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopping;

    /** One connection. Its packets come one at a time. */
    private final class Client {
        final int index;
        final SecureConnection connection;
        final OverlappedIO packet = new OverlappedIO();
        final byte[] message;
        final AtomicInteger answered = new AtomicInteger();
        int received;
        boolean sending;

        Client(int index) throws IOException {
            this.index = index;
            this.message = new byte[100 + index % 1300];
            this.connection = port.openConnection(ConnectionOptions.defaults()).secure(options);
            port.associate(connection, this);
        }

        byte expected(int position) {
            return (byte) (index * 31 + answered.get() * 17 + position * 7);
        }

        void completed(OverlappedIO completed) throws IOException {
            switch (completed.kind()) {
                case CONNECT -> connection.handshake(new OverlappedIO().timeout(Duration.ofSeconds(60)));
                case TLS_HANDSHAKE -> {
                    connection.receiveContinuously(new OverlappedIO());
                    secured.incrementAndGet();
                    startNext();
                }
                case POST -> send();
                case TLS_SEND -> {
                    sending = false;
                    goOn();
                }
                case TLS_RECEIVE -> {
                    check(completed.data());
                    goOn();
                }
                default -> throw new AssertionError(completed.kind());
            }
        }

        private void send() throws IOException {
            for (int i = 0; i < message.length; i++) {
                message[i] = expected(i);
            }
            received = 0;
            sending = true;
            connection.send(packet, ByteBuffer.wrap(message));
        }

        private void check(ByteBuffer data) {
            while (data.hasRemaining()) {
                byte is = data.get();
                if (received == message.length || is != expected(received)) {
                    throw new AssertionError("byte " + received + " of message " + answered + " is " + is);
                }
                received++;
            }
        }

        /** The next message is sent when the packet of the last send and all of its echo are there, whichever comes last. */
        private void goOn() throws IOException {
            if (sending || received < message.length) {
                return;
            }
            answered.incrementAndGet();
            echoes.incrementAndGet();
            if (stopping) {
                finished.incrementAndGet();
                received = 0; // so that what comes from now on is found out
            } else {
                send();
            }
        }
    }

    /** Opens the connections and does not start them. */
    SecureEchoClients(EngineChoice engine, InetSocketAddress server, SSLContext trust, int connections)
            throws IOException {
        this.server = server;
        this.options = TlsOptions.client(trust, "localhost", server.getPort());
        this.port = CompletionPort.open(
                PortOptions.defaults().name("clients").engine(engine).closeHandles(true), this);
        this.clients = new Client[connections];
        for (int index = 0; index < connections; index++) {
            clients[index] = new Client(index);
        }
    }

    /**
     * Connects them all, then lets each begin with its messages. Not before: each step of a handshake would wait behind a packet
     * of every client that is busy already.
     */
    void connect(Duration patience) throws IOException {
        for (int i = 0; i < HANDSHAKES_AT_ONCE; i++) {
            startNext();
        }
        await().atMost(patience).until(() -> secured.get() == clients.length || !failures.isEmpty());
        assertAllWell();
        for (Client client : clients) {
            client.connection.post(new OverlappedIO(), 0);
        }
    }

    private void startNext() throws IOException {
        int next = started.getAndIncrement();
        if (next < clients.length) {
            Client client = clients[next];
            client.connection.connect(client.packet.timeout(null), ConnectRequest.to(server));
        }
    }

    /** Waits until every client has had so many more messages echoed. */
    void awaitEchoesOfEach(int more, Duration patience) {
        int[] goal = new int[clients.length];
        for (int i = 0; i < goal.length; i++) {
            goal[i] = clients[i].answered.get() + more;
        }
        await().atMost(patience).until(() -> {
            int slowest = 0;
            while (slowest < goal.length && clients[slowest].answered.get() >= goal[slowest]) {
                slowest++;
            }
            return slowest == goal.length || !failures.isEmpty();
        });
        assertAllWell();
    }

    /** Lets each have its last echo. */
    void finish(Duration patience) {
        stopping = true;
        await().atMost(patience).until(() -> finished.get() == clients.length || !failures.isEmpty());
        assertAllWell();
    }

    long echoes() {
        return echoes.get();
    }

    private void assertAllWell() {
        assertThat(failures).isEmpty();
    }

    @Override
    public void completed(OverlappedIO packet) {
        if (!(packet.key() instanceof Client client) || packet.status() == Status.PORT_CLOSED) {
            return;
        }
        try {
            packet.orThrow();
            if (packet.status() != Status.OK) {
                throw new IOException(packet.kind() + " ended with " + packet.status());
            }
            client.completed(packet);
        } catch (IOException | RuntimeException | AssertionError e) {
            failures.add("client " + client.index + ", message " + client.answered + ": " + e);
        }
    }

    @Override
    public void close() {
        port.close();
    }
}
