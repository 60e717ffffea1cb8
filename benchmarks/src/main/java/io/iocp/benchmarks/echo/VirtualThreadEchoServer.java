package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;

/**
 * The JDK's echo server: a virtual thread for each connection, on blocking sockets.
 *
 * <p>With {@code marks=false} nobody looks at the bytes: what is there is read, up to 4 KiB, and sent back.
 */
public final class VirtualThreadEchoServer {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 4096;

    private VirtualThreadEchoServer() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Duration nap = Duration.ofMillis(given.number("nap", 20));
        boolean marks = Boolean.parseBoolean(given.text("marks", "true"));
        given.done();
        try (ServerSocket listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().name("accept").start(() -> accept(listening, marks, nap));
            Console.serve(listening.getLocalPort(), () -> "");
        }
    }

    private static void accept(ServerSocket listening, boolean marks, Duration nap) {
        try {
            while (true) {
                Socket connection = listening.accept();
                Thread.ofVirtual().start(marks ? () -> sleepyEcho(connection, nap) : () -> echo(connection));
            }
        } catch (IOException e) {
            // Closed: the process ends.
        }
    }

    private static void echo(Socket connection) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (connection) {
            connection.setTcpNoDelay(true);
            InputStream in = connection.getInputStream();
            OutputStream out = connection.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    private static void sleepyEcho(Socket connection, Duration nap) {
        byte[] message = new byte[Message.BYTES];
        try (connection) {
            connection.setTcpNoDelay(true);
            InputStream in = connection.getInputStream();
            OutputStream out = connection.getOutputStream();
            while (in.readNBytes(message, 0, message.length) == message.length) {
                if (message[0] == Message.SLEEP) {
                    Thread.sleep(nap);
                }
                out.write(message);
            }
        } catch (IOException e) {
            // The client has gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
