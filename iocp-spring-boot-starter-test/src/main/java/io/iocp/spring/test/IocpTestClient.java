package io.iocp.spring.test;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The test's end of a connection: a client of a server under test, or what a client under test has connected to. It blocks, but
 * never for longer than its time limit. Text is UTF-8.
 *
 * <p>What comes otherwise than expected is an {@link AssertionError} that shows what had been received, and with a simulated
 * network its seed. A send that fails is an {@link UncheckedIOException}.
 *
 * <p>Thread: one that sends and one that receives.
 */
public final class IocpTestClient implements AutoCloseable {
    /** Bytes that a message shows. */
    private static final int MOST_SHOWN = 1000;

    private final String other;
    private final Socket socket;
    private final String network;
    private final Consumer<IocpTestClient> closed;
    private volatile Duration patience;

    /** What was received and not yet asked for. The receiver's, as the next two. */
    private byte[] unread = new byte[256];

    private int unreadCount;
    private long received;
    private final AtomicLong sent = new AtomicLong();

    /**
     * An end of a connection.
     *
     * @param other what this is to the other end
     * @param network what a message ends with; empty for a real one
     */
    IocpTestClient(String other, Socket socket, String network, Duration patience, Consumer<IocpTestClient> closed) {
        this.other = other;
        this.socket = socket;
        this.network = network;
        this.patience = patience;
        this.closed = closed;
    }

    /** Changes how long each receive may take from now on; 10 seconds at first. */
    public IocpTestClient within(Duration limit) {
        patience = limit;
        return this;
    }

    // ---- sending

    public IocpTestClient send(String text) {
        return send(text.getBytes(UTF_8));
    }

    /** Sends a line: the text and a line feed. */
    public IocpTestClient sendLine(String text) {
        return send(text + "\n");
    }

    /** Sends all of the bytes at once. */
    public IocpTestClient send(byte... bytes) {
        return call("send " + bytes.length + " bytes", () -> {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            sent.addAndGet(bytes.length);
        });
    }

    /** Ends the client's stream in good order, with TLS by its close_notify; what the server sends is still received. */
    public IocpTestClient shutdownOutput() {
        return call("end its stream", socket::shutdownOutput);
    }

    // ---- receiving

    /** Receives as many bytes. */
    public byte[] receive(int count) {
        long end = end();
        String what = count + " bytes";
        while (unreadCount < count) {
            if (!receiveMore(end, what)) {
                throw ended(what);
            }
        }
        return take(count);
    }

    /** Receives as many bytes of text. */
    public String receiveText(int bytes) {
        return new String(receive(bytes), UTF_8);
    }

    /** Receives all up to these bytes and with them. */
    public byte[] receiveUntil(byte[] delimiter) {
        if (delimiter.length == 0) {
            throw new IllegalArgumentException("the delimiter is empty");
        }
        long end = end();
        String what = "\"" + printable(delimiter, delimiter.length) + "\"";
        int from = 0;
        while (true) {
            int at = indexOf(delimiter, from);
            if (at >= 0) {
                return take(at + delimiter.length);
            }
            from = Math.max(0, unreadCount - delimiter.length + 1);
            if (!receiveMore(end, what)) {
                throw ended(what);
            }
        }
    }

    /** Receives all up to this text and with it. */
    public String receiveUntil(String delimiter) {
        return new String(receiveUntil(delimiter.getBytes(UTF_8)), UTF_8);
    }

    /** Receives a line, and returns it without its end, which is LF or CR LF. */
    public String receiveLine() {
        String line = receiveUntil("\n");
        return line.substring(0, line.length() - (line.endsWith("\r\n") ? 2 : 1));
    }

    /** Receives all up to the end of the stream. */
    public byte[] receiveAll() {
        long end = end();
        while (receiveMore(end, "the end of the stream")) {}
        return take(unreadCount);
    }

    /** Receives all up to the end of the stream, as text. */
    public String receiveAllText() {
        return new String(receiveAll(), UTF_8);
    }

    // ---- expecting

    /** Receives as many bytes as the text has, which must be these. */
    public IocpTestClient expect(String text) {
        return expect(text.getBytes(UTF_8));
    }

    /** Receives as many bytes, which must be these. */
    public IocpTestClient expect(byte... bytes) {
        long end = end();
        String what = "\"" + printable(bytes, bytes.length) + "\"";
        while (true) {
            int known = Math.min(bytes.length, unreadCount);
            if (!Arrays.equals(bytes, 0, known, unread, 0, known)) {
                throw failure("expected " + what + ", and something else came", null);
            }
            if (known == bytes.length) {
                take(known);
                return this;
            }
            if (!receiveMore(end, what)) {
                throw ended(what);
            }
        }
    }

    /** Receives a line, which must be this one. */
    public IocpTestClient expectLine(String line) {
        String came = receiveLine();
        if (!came.equals(line)) {
            throw failure("expected the line \"" + line + "\", and \"" + came + "\" came", null);
        }
        return this;
    }

    /** Nothing comes for so long. */
    public IocpTestClient expectNothing(Duration silence) {
        long end = System.nanoTime() + silence.toNanos();
        if (unreadCount == 0) {
            try {
                if (read(end) < 0) {
                    throw failure("expected nothing for " + silence + ", and the stream ended", null);
                }
            } catch (SocketTimeoutException e) {
                return this;
            } catch (IOException e) {
                throw failure("expected nothing for " + silence + ", and it failed: " + e.getMessage(), e);
            }
        }
        throw failure("expected nothing for " + silence + ", and something came", null);
    }

    /** The server ends its stream in good order, and nothing comes before. */
    public IocpTestClient expectEnd() {
        long end = end();
        if (unreadCount > 0 || receiveMore(end, "the end of the stream")) {
            throw failure("expected the end of the stream, and something came before it", null);
        }
        return this;
    }

    /** The connection is reset; what comes before is dropped. */
    public IocpTestClient expectReset() {
        long end = end();
        try {
            while (read(end) >= 0) {}
        } catch (SocketTimeoutException e) {
            throw failure("waited " + patience + " for a reset", e);
        } catch (IOException e) {
            return this;
        }
        throw failure("expected a reset, and the stream ended in good order", null);
    }

    /** The server ends the connection in one way or another; what comes before is dropped. */
    public IocpTestClient expectClosed() {
        long end = end();
        try {
            while (read(end) >= 0) {}
        } catch (SocketTimeoutException e) {
            throw failure("waited " + patience + " for the end of the connection", e);
        } catch (IOException e) {
            return this;
        }
        return this;
    }

    // ---- the connection

    public SocketAddress localAddress() {
        return socket.getLocalSocketAddress();
    }

    public SocketAddress remoteAddress() {
        return socket.getRemoteSocketAddress();
    }

    /** What the handshake has agreed on; null without TLS. */
    public @Nullable SSLSession session() {
        return socket instanceof SSLSocket secure ? secure.getSession() : null;
    }

    /** Closes the connection with a reset. */
    public void reset() {
        call("reset its connection", () -> socket.setSoLinger(true, 0));
        close();
    }

    /** Closes the connection, in good order if all that came was received. */
    @Override
    public void close() {
        closed.accept(this);
        try {
            socket.close();
        } catch (IOException _) {
            // The server has ended it before, which a test that cares has seen.
        }
    }

    @Override
    public String toString() {
        return other + " at " + localAddress();
    }

    // ---- below

    private long end() {
        return System.nanoTime() + patience.toNanos();
    }

    /** @return false at the end of the stream */
    private boolean receiveMore(long end, String what) {
        try {
            return read(end) >= 0;
        } catch (SocketTimeoutException e) {
            throw failure("waited " + patience + " for " + what, e);
        } catch (IOException e) {
            throw failure("waited for " + what + ", and the connection failed: " + e.getMessage(), e);
        }
    }

    private int read(long end) throws IOException {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
            throw new SocketTimeoutException("the time is over");
        }
        if (unreadCount == unread.length) {
            unread = Arrays.copyOf(unread, 2 * unread.length);
        }
        socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
        int n = socket.getInputStream().read(unread, unreadCount, unread.length - unreadCount);
        if (n > 0) {
            unreadCount += n;
            received += n;
        }
        return n;
    }

    private byte[] take(int count) {
        byte[] taken = Arrays.copyOf(unread, count);
        System.arraycopy(unread, count, unread, 0, unreadCount - count);
        unreadCount -= count;
        return taken;
    }

    private int indexOf(byte[] wanted, int from) {
        for (int i = from; i <= unreadCount - wanted.length; i++) {
            if (Arrays.equals(wanted, 0, wanted.length, unread, i, i + wanted.length)) {
                return i;
            }
        }
        return -1;
    }

    private AssertionError ended(String what) {
        return failure("waited for " + what + ", and the stream ended", new EOFException());
    }

    private AssertionError failure(String what, @Nullable Exception cause) {
        String shown = unreadCount == 0
                ? "nothing is unread"
                : "unread: " + unreadCount + " bytes, \"" + printable(unread, unreadCount) + "\"";
        return new AssertionError(
                this + " " + what + "; " + shown + "; received in all: " + received + " bytes, sent: " + sent + network,
                cause);
    }

    /** ASCII as it is, all else as hexadecimal digits, as Java and C have them. */
    private static String printable(byte[] bytes, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(count, MOST_SHOWN); i++) {
            int b = bytes[i] & 0xff;
            switch (b) {
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                default -> {
                    if (b >= ' ' && b < 0x7f) {
                        text.append((char) b);
                    } else {
                        text.append("\\x")
                                .append(Character.forDigit(b >> 4, 16))
                                .append(Character.forDigit(b & 15, 16));
                    }
                }
            }
        }
        return count > MOST_SHOWN ? text + "... " + (count - MOST_SHOWN) + " more" : text.toString();
    }

    private interface Call {
        void run() throws IOException;
    }

    private IocpTestClient call(String what, Call call) {
        try {
            call.run();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    new IOException(this + " could not " + what + network + ": " + e.getMessage(), e));
        }
    }
}
