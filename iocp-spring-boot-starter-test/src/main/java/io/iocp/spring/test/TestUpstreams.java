package io.iocp.spring.test;

import io.iocp.spring.client.ClientAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** What the application's clients connect to in a test: a listening socket for each, which the test accepts from. Thread: any. */
final class TestUpstreams implements AutoCloseable {
    private final Map<String, ServerSocket> listening = new TreeMap<>();

    /** Listens for a client, on any free port of the loopback address. */
    ClientAddress listen(String client) {
        try {
            ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
            listening.put(client, socket);
            InetSocketAddress address = (InetSocketAddress) socket.getLocalSocketAddress();
            return ClientAddress.of(address.getAddress().getHostAddress(), address.getPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next connection that a client has made. */
    Socket accept(String client, Duration limit) {
        ServerSocket socket = listening.get(client);
        if (socket == null) {
            throw new IllegalArgumentException("there is no client '" + client + "' that connects to the test, only "
                    + listening.keySet() + "; with a simulated network there is none");
        }
        try {
            socket.setSoTimeout((int) limit.toMillis());
            Socket accepted = socket.accept();
            accepted.setTcpNoDelay(true);
            return accepted;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    new IOException("client '" + client + "' has not connected: " + e.getMessage(), e));
        }
    }

    @Override
    public void close() {
        listening.values().forEach(socket -> {
            try {
                socket.close();
            } catch (IOException _) {
                // Nobody connects to it any more.
            }
        });
    }
}
