package io.iocp.spring.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A server of plain sockets, a thread for each connection. */
final class PlainServer implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final LinkedBlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
    private volatile boolean left;

    /** What is done with a connection. */
    interface Service {
        void serve(Socket socket) throws IOException;

        /** Whether the connection is closed then. */
        default boolean hangsUp() {
            return true;
        }
    }

    static final Service ECHO = socket -> socket.getInputStream().transferTo(socket.getOutputStream());

    /** Reads nothing. */
    static final Service NOTHING = new Service() {
        @Override
        public void serve(Socket socket) {}

        @Override
        public boolean hangsUp() {
            return false;
        }
    };

    PlainServer(Service service) throws IOException {
        this(0, service);
    }

    /** @param port 0 for any */
    PlainServer(int port, Service service) throws IOException {
        listening.setReuseAddress(true);
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        thread(() -> {
            while (true) {
                Socket socket;
                try {
                    socket = listening.accept();
                } catch (IOException e) {
                    return;
                }
                sockets.add(socket);
                accepted.add(socket);
                if (left) {
                    // Accepted, but not among the others yet when those were closed. Here it is put there first, then
                    // looked;
                    // who leaves says so first, then closes: one of the two closes it.
                    close(socket);
                    return;
                }
                thread(() -> {
                    try {
                        service.serve(socket);
                        if (service.hangsUp()) {
                            socket.close();
                        }
                    } catch (IOException e) {
                        // The client has left, or the test has ended.
                    }
                });
            }
        });
    }

    private static void thread(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** The next connection that was accepted. */
    Socket next() throws InterruptedException {
        Socket socket = accepted.poll(20, TimeUnit.SECONDS);
        if (socket == null) {
            throw new AssertionError("nobody has connected");
        }
        return socket;
    }

    int accepted() {
        return sockets.size();
    }

    /** Closes all connections that {@link #next()} could have given: a client may have one that is not accepted yet. */
    void hangUp() {
        sockets.forEach(PlainServer::close);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Listens no more, and closes all connections. */
    void leave() throws IOException {
        left = true;
        listening.close();
        hangUp();
    }

    @Override
    public void close() throws IOException {
        leave();
    }
}
