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

/** The JDK's echo server: a virtual thread for each connection, on blocking sockets. */
public final class VirtualThreadEchoServer {
    private static final int BACKLOG = 1024;

    private VirtualThreadEchoServer() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Duration nap = Duration.ofMillis(given.number("nap", 20));
        given.done();
        try (ServerSocket listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().name("accept").start(() -> accept(listening, nap));
            Console.serve(listening.getLocalPort(), () -> "");
        }
    }

    private static void accept(ServerSocket listening, Duration nap) {
        try {
            while (true) {
                Socket connection = listening.accept();
                Thread.ofVirtual().start(() -> echo(connection, nap));
            }
        } catch (IOException e) {
            // Closed: the process ends.
        }
    }

    private static void echo(Socket connection, Duration nap) {
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
