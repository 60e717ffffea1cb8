package io.iocp.demo.kv;

import io.iocp.demo.DemoServer;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client on a plain socket that sends exactly what a test says, and reads reply by reply. */
final class RespClient implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream in;

    RespClient(DemoServer server) throws IOException {
        this(server.connect("kv"));
    }

    RespClient(Socket connected) throws IOException {
        socket = connected;
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    }

    Socket socket() {
        return socket;
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    String ask(String inline) throws IOException {
        send(inline + "\r\n");
        return line();
    }

    /** The next line, without its end. */
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection ended after '" + line + "'");
            }
            line.append((char) c);
        }
        in.readFully(new byte[1]);
        return line.toString();
    }

    /** The bytes of a bulk reply. */
    byte[] bulk() throws IOException {
        return bulkAfter(line());
    }

    /** The bytes of a bulk reply whose first line was read. */
    byte[] bulkAfter(String header) throws IOException {
        if (!header.startsWith("$")) {
            throw new AssertionError("no bulk reply: " + header);
        }
        byte[] value = new byte[Integer.parseInt(header.substring(1))];
        in.readFully(value);
        in.readFully(new byte[2]);
        return value;
    }

    /** Everything until the server closes the connection. */
    byte[] rest() throws IOException {
        return in.readAllBytes();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
