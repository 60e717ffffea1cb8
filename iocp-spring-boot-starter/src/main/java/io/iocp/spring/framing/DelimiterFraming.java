package io.iocp.spring.framing;

import java.nio.ByteBuffer;

/**
 * A frame is what comes before a delimiter, any sequence of bytes. Two delimiters in a row have an empty frame between them.
 *
 * <p>Not a record: the delimiter is an array.
 */
public final class DelimiterFraming implements Framing {
    private final byte[] delimiter;
    private final int maxSize;
    private final boolean strip;

    /**
     * @param delimiter at least one byte
     * @param maxSize most bytes of a frame, its delimiter not counted
     * @param strip whether the delimiter is left out of the frame
     */
    public DelimiterFraming(byte[] delimiter, int maxSize, boolean strip) {
        if (delimiter.length == 0) {
            throw new IllegalArgumentException("a delimiter needs a byte at least");
        }
        if (maxSize < 1) {
            throw new IllegalArgumentException("the longest frame must have a byte at least: " + maxSize);
        }
        this.delimiter = delimiter.clone();
        this.maxSize = maxSize;
        this.strip = strip;
    }

    @Override
    public FrameDecoder<ByteBuffer> open() {
        return new DelimiterDecoder(delimiter, false, maxSize, strip);
    }

    @Override
    public Class<?> frameType() {
        return ByteBuffer.class;
    }
}
