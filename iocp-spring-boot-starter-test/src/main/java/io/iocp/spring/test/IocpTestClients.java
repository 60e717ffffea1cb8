package io.iocp.spring.test;

import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.client.ClientState;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.client.TcpClients;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundles;

/**
 * Connects blocking clients to the servers of the application under test, over whatever network the test has, and accepts what its
 * own clients connect. What is still open after a test method is closed.
 *
 * <p>Thread: any.
 */
public final class IocpTestClients implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long LOOK_EVERY_NANOS = Duration.ofMillis(1).toNanos();

    private final Supplier<TcpServers> servers;
    private final Supplier<TcpClients> ownClients;
    private final @Nullable SimulatedNetwork network;
    private final Supplier<SslBundles> bundles;
    private final TestUpstreams upstreams;
    private final Set<IocpTestClient> open = ConcurrentHashMap.newKeySet();

    /** @param network null for the machine's */
    IocpTestClients(
            Supplier<TcpServers> servers,
            Supplier<TcpClients> ownClients,
            @Nullable SimulatedNetwork network,
            Supplier<SslBundles> bundles,
            TestUpstreams upstreams) {
        this.servers = servers;
        this.ownClients = ownClients;
        this.network = network;
        this.bundles = bundles;
        this.upstreams = upstreams;
    }

    /**
     * Connects to a server.
     *
     * @param server its name: a key below {@code iocp.servers}
     * @throws IllegalArgumentException if the application has no such server
     * @throws UncheckedIOException if the connection is not made
     */
    public IocpTestClient connect(String server) {
        TcpServer to = server(server);
        return client(clientOf(server), socketTo(to));
    }

    /**
     * Connects to a server with TLS, whatever certificate it shows, asking for {@code localhost}.
     *
     * @throws UncheckedIOException if the connection is not made or the handshake fails; its cause says why
     */
    public IocpTestClient connectSecurely(String server) {
        return connectSecurely(server, TrustEverybody.context());
    }

    /** The same with what an SSL bundle of the application trusts and, if it has a key, shows. */
    public IocpTestClient connectSecurely(String server, String bundle) {
        return connectSecurely(server, bundles.get().getBundle(bundle).createSslContext());
    }

    /** The same with what the context trusts and shows. */
    public IocpTestClient connectSecurely(String server, SSLContext context) {
        return connectSecurely(
                server, context, parameters -> parameters.setServerNames(List.of(new SNIHostName("localhost"))));
    }

    /**
     * The same.
     *
     * @param parameters is given the JDK's defaults to change: protocols, the name asked for (SNI), names for ALPN
     */
    public IocpTestClient connectSecurely(String server, SSLContext context, Consumer<SSLParameters> parameters) {
        Socket plain = socketTo(server(server));
        try {
            SSLSocket secure =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
            SSLParameters changed = secure.getSSLParameters();
            parameters.accept(changed);
            secure.setSSLParameters(changed);
            secure.setSoTimeout((int) PATIENCE.toMillis());
            secure.startHandshake();
            return client(clientOf(server), secure);
        } catch (IOException e) {
            closeQuietly(plain);
            throw new UncheckedIOException(
                    new IOException("no TLS with server '" + server + "'" + onNetwork() + ": " + e.getMessage(), e));
        }
    }

    /**
     * Accepts the next connection of one of the application's own clients, each of which connects to the test. It is no TLS end. If
     * the client has no TLS it knows that it is connected when this returns, so that it can send.
     *
     * @param client its name: a key below {@code iocp.clients}
     * @throws IllegalArgumentException if the application has no such client, or the network is simulated
     * @throws UncheckedIOException if it does not connect in ten seconds
     */
    public IocpTestClient accept(String client) {
        Socket accepted = upstreams.accept(client, PATIENCE);
        awaitUp(client);
        return client("server of client '" + client + "'", accepted);
    }

    /** A connection that was accepted here may still be being made there: its client is told by a packet. */
    private void awaitUp(String name) {
        TcpClient client = ownClients.get().client(name);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (client.settings().tls() == null && client.connections(ClientState.UP) == 0 && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
    }

    /** Where a server listens. */
    public SocketAddress addressOf(String server) {
        return address(server(server));
    }

    private TcpServer server(String name) {
        TcpServers all = servers.get();
        TcpServer found = all.server(name);
        if (found == null) {
            List<String> names = all.servers().stream().map(TcpServer::name).toList();
            throw new IllegalArgumentException("there is no server '" + name + "', only " + names
                    + ": add 'iocp.servers." + name + ".port' to the application's or the test's properties");
        }
        return found;
    }

    private static SocketAddress address(TcpServer server) {
        SocketAddress address = server.localAddress();
        if (address == null) {
            throw new IllegalStateException("server '" + server.name() + "' does not listen: it is " + server.state());
        }
        return address;
    }

    private Socket socketTo(TcpServer server) {
        SocketAddress address = address(server);
        try {
            if (network != null) {
                return new SimulatedSocket(network.connect(address, PATIENCE.toNanos()));
            }
            Socket socket = new Socket();
            try {
                socket.connect(address, (int) PATIENCE.toMillis());
                socket.setTcpNoDelay(true);
                return socket;
            } catch (IOException e) {
                closeQuietly(socket);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(
                    "no connection to server '" + server.name() + "' on " + address + onNetwork() + ": "
                            + e.getMessage(),
                    e));
        }
    }

    private static String clientOf(String server) {
        return "client of server '" + server + "'";
    }

    private IocpTestClient client(String name, Socket socket) {
        IocpTestClient client = new IocpTestClient(name, socket, onNetwork(), PATIENCE, open::remove);
        open.add(client);
        return client;
    }

    private String onNetwork() {
        return network == null ? "" : " (" + network + ")";
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // It is of no use any more, and what went wrong before is what counts.
        }
    }

    /** Closes all clients that are open. More may be connected afterwards. */
    @Override
    public void close() {
        open.forEach(IocpTestClient::close);
    }
}
