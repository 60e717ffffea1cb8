package io.iocp.spring.framing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Finds the ends of frames by a delimiter. Looks at no byte twice, however small the pieces are that it is given. */
final class DelimiterDecoder implements FrameDecoder<ByteBuffer> {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long TOPS = 0x8080808080808080L;

    private final byte[] delimiter;
    private final boolean afterCarriageReturn;
    private final int maxSize;
    private final boolean strip;

    /** How many bytes from the position on are known not to begin a delimiter. */
    private int scanned;

    /** @param afterCarriageReturn whether a {@code \r} right before the delimiter is a part of it */
    DelimiterDecoder(byte[] delimiter, boolean afterCarriageReturn, int maxSize, boolean strip) {
        this.delimiter = delimiter;
        this.afterCarriageReturn = afterCarriageReturn;
        this.maxSize = maxSize;
        this.strip = strip;
    }

    @Override
    public @Nullable ByteBuffer decode(ByteBuffer in) throws FrameException {
        int start = in.position();
        int end = find(in, start + scanned);
        if (end < 0) {
            int length = scanned;
            checkLength(length - (length > 0 ? carriageReturn(in, start, start + length) : 0));
            return null;
        }
        scanned = 0;
        int length = end - start - carriageReturn(in, start, end);
        checkLength(length);
        int next = end + delimiter.length;
        ByteBuffer frame = in.slice(start, strip ? length : next - start);
        in.position(next);
        return frame;
    }

    private void checkLength(int length) throws FrameException {
        if (length > maxSize) {
            throw new FrameTooLargeException(maxSize);
        }
    }

    /** 1 if there is one before {@code end} that belongs to the delimiter. */
    private int carriageReturn(ByteBuffer in, int start, int end) {
        return afterCarriageReturn && end > start && in.get(end - 1) == '\r' ? 1 : 0;
    }

    /** Where the next delimiter begins; -1 if none is whole, and {@link #scanned} tells how far that is known. */
    private int find(ByteBuffer in, int from) {
        int last = in.limit() - delimiter.length;
        int at = from;
        while (at <= last) {
            at = indexOf(in, at, last + 1, delimiter[0]);
            if (at <= last && isDelimiter(in, at)) {
                return at;
            }
            at++;
        }
        scanned = Math.max(from, last + 1) - in.position();
        return -1;
    }

    private boolean isDelimiter(ByteBuffer in, int at) {
        for (int i = 1; i < delimiter.length; i++) {
            if (in.get(at + i) != delimiter[i]) {
                return false;
            }
        }
        return true;
    }

    /** Eight bytes at a time: a byte of {@code word} is 0 where it is the wanted one. {@code end} if it is not there. */
    private static int indexOf(ByteBuffer in, int from, int end, byte wanted) {
        long everywhere = (wanted & 0xFFL) * ONES;
        int at = from;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            long word = (long) LONG.get(in, at) ^ everywhere;
            long zeros = (word - ONES) & ~word & TOPS;
            if (zeros != 0) {
                return at + (Long.numberOfTrailingZeros(zeros) >>> 3); // the lowest one is never a false one
            }
        }
        for (; at < end; at++) {
            if (in.get(at) == wanted) {
                return at;
            }
        }
        return end;
    }
}
