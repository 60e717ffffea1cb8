package io.iocp.benchmarks.tls;

import java.nio.ByteBuffer;

/**
 * What a TLS server answers: to each request of {@value #REQUEST_BYTES} bytes so many bytes, always the same; or, with 0, what
 * it received.
 *
 * <p>Thread: {@link #due} the connection's own; the bytes may be read by all.
 */
public final class TlsAnswers {
    static final int REQUEST_BYTES = 64;
    private static final int MULTIPLIER = 31;

    private final int bytes;
    private long received;

    TlsAnswers(int bytes) {
        this.bytes = bytes;
    }

    boolean echo() {
        return bytes == 0;
    }

    /** So many requests have become whole with these bytes. */
    int due(long moreBytes) {
        received += moreBytes;
        int whole = Math.toIntExact(received / REQUEST_BYTES);
        received %= REQUEST_BYTES;
        return whole;
    }

    /** The answer, direct memory. */
    static ByteBuffer of(int bytes) {
        ByteBuffer answer = ByteBuffer.allocateDirect(bytes);
        for (int i = 0; i < bytes; i++) {
            answer.put(i, at(i));
        }
        return answer;
    }

    static byte at(int index) {
        return (byte) (index * MULTIPLIER);
    }
}
