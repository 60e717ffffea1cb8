package io.iocp.demo.kv;

import java.util.Arrays;

/**
 * A string: bytes with room to grow, so that many small appends do not copy the whole each time.
 *
 * <p>Thread: whoever holds the lock of the key's stripe.
 */
final class StringValue implements Value {

    private byte[] bytes;
    private int length;

    /** A string of these bytes, which become its own. */
    StringValue(byte[] bytes) {
        this.bytes = bytes;
        this.length = bytes.length;
    }

    int length() {
        return length;
    }

    void writeTo(RespWriter out) {
        out.bulk(bytes, 0, length);
    }

    /** The bytes; read only, and only as long as the lock is held. */
    byte[] bytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    void set(byte[] replacement) {
        bytes = replacement;
        length = replacement.length;
    }

    /** The number that the string spells. */
    long number() {
        return Ascii.number(bytes, length);
    }

    void append(byte[] tail) {
        long needed = (long) length + tail.length;
        if (needed > RespDecoder.BULK_BYTES_MAX) {
            throw CommandError.tooLong();
        }
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(RespDecoder.BULK_BYTES_MAX, needed + needed / 2));
        }
        System.arraycopy(tail, 0, bytes, length, tail.length);
        length = (int) needed;
    }

    @Override
    public String typeName() {
        return "string";
    }
}
