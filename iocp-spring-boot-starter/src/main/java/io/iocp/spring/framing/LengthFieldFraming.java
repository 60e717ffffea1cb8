package io.iocp.spring.framing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Frames that say how long they are. A frame has {@code offset + width + value + adjustment} bytes, {@code value} being the number in
 * its length field, which has no sign.
 *
 * @param offset bytes before the length field
 * @param width bytes of the length field: 1, 2, 3, 4 or 8
 * @param adjustment added to the value: negative where the value counts the header too, positive where it leaves out more of the
 *     header than stands before it
 * @param stripBytes how many bytes at the beginning of a frame are left out of what the handler gets
 * @param maxSize most bytes of a frame, header and all
 */
public record LengthFieldFraming(int offset, int width, ByteOrder order, int adjustment, int stripBytes, int maxSize)
        implements Framing {

    public LengthFieldFraming {
        if (width != 1 && width != 2 && width != 3 && width != 4 && width != 8) {
            throw new IllegalArgumentException("a length field has 1, 2, 3, 4 or 8 bytes, not " + width);
        }
        if (offset < 0 || stripBytes < 0) {
            throw new IllegalArgumentException(
                    "neither the offset (" + offset + ") nor what is stripped (" + stripBytes + ") can be negative");
        }
        if (maxSize < (long) offset + width) {
            throw new IllegalArgumentException("the longest frame (" + maxSize + " bytes) has no room for its header, "
                    + ((long) offset + width) + " bytes");
        }
    }

    @Override
    public FrameDecoder<ByteBuffer> open() {
        return this::decode;
    }

    private @Nullable ByteBuffer decode(ByteBuffer in) throws FrameException {
        int header = offset + width;
        if (in.remaining() < header) {
            return null;
        }
        int start = in.position();
        long value = value(in, start + offset);
        // None of the others has more than 32 bits, so only a value of almost 64 could overflow.
        if (value < 0 || value > maxSize + (long) Integer.MAX_VALUE + 1) {
            throw new FrameTooLargeException(maxSize);
        }
        long length = header + value + adjustment;
        if (length < header) {
            throw new FrameException("the length field says " + value + ", which with the adjustment makes a frame of "
                    + length + " bytes, shorter than its header");
        }
        if (length > maxSize) {
            throw new FrameTooLargeException(maxSize);
        }
        if (length < stripBytes) {
            throw new FrameException("a frame of " + length + " bytes, of which " + stripBytes + " are to be stripped");
        }
        if (in.remaining() < length) {
            return null;
        }
        in.position(start + (int) length);
        return in.slice(start + stripBytes, (int) length - stripBytes);
    }

    /** Negative only if it is larger than any signed number. */
    private long value(ByteBuffer in, int at) {
        boolean bigEndian = order == ByteOrder.BIG_ENDIAN;
        long value = 0;
        for (int i = 0; i < width; i++) {
            value = (value << 8) | (in.get(at + (bigEndian ? i : width - 1 - i)) & 0xFF);
        }
        return value;
    }

    @Override
    public Class<?> frameType() {
        return ByteBuffer.class;
    }
}
