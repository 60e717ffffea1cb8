package io.iocp.demo.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.iocp.demo.DemoServer;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.TreeMap;

/** A client on a plain socket that sends exactly what a test says, and reads response by response. */
final class HttpSocket implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream in;

    /** What came: the status line, the fields, and as many bytes as they announce. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(String statusLine, Map<String, String> fields, byte[] body) {

        int status() {
            return Integer.parseInt(statusLine.substring(9, 12));
        }

        String field(String name) {
            return fields.getOrDefault(name, "");
        }

        String text() {
            return new String(body, ISO_8859_1);
        }
    }

    HttpSocket(DemoServer server) throws IOException {
        socket = server.connect("files");
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    }

    Socket socket() {
        return socket;
    }

    void send(String text) throws IOException {
        send(text.getBytes(ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** A GET with a Host, and further fields of which each has its line's end. */
    Answer get(String target, String... fields) throws IOException {
        send("GET " + target + " HTTP/1.1\r\nHost: test\r\n" + String.join("", fields) + "\r\n");
        return answer();
    }

    Answer head(String target, String... fields) throws IOException {
        send("HEAD " + target + " HTTP/1.1\r\nHost: test\r\n" + String.join("", fields) + "\r\n");
        return answer(false);
    }

    Answer answer() throws IOException {
        return answer(true);
    }

    private Answer answer(boolean withBody) throws IOException {
        String statusLine = line();
        Map<String, String> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(": ");
            if (fields.put(line.substring(0, colon), line.substring(colon + 2)) != null) {
                throw new AssertionError("twice: " + line);
            }
        }
        boolean bodiless = !withBody || statusLine.startsWith("HTTP/1.1 304");
        byte[] body = new byte[bodiless ? 0 : Integer.parseInt(fields.getOrDefault("Content-Length", "none"))];
        in.readFully(body);
        return new Answer(statusLine, fields, body);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection ended after '" + line + "'");
            }
            line.append((char) c);
        }
        if (in.read() != '\n') {
            throw new AssertionError("CR without LF behind '" + line + "'");
        }
        return line.toString();
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
