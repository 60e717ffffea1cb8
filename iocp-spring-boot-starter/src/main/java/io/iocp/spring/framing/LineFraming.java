package io.iocp.spring.framing;

import java.nio.ByteBuffer;

/**
 * Lines: a frame is what comes before {@code \n} or {@code \r\n}. An empty line is an empty frame; a {@code \r} elsewhere is a byte
 * like any other. In UTF-8 neither can be a part of another character, so a line never begins or ends within one.
 *
 * @param maxSize most bytes of a line, its end not counted
 * @param strip whether the line end is left out of the frame
 */
public record LineFraming(int maxSize, boolean strip) implements Framing {
    private static final byte[] LINE_FEED = {'\n'};

    public LineFraming {
        if (maxSize < 1) {
            throw new IllegalArgumentException("the longest line must have a byte at least: " + maxSize);
        }
    }

    @Override
    public FrameDecoder<ByteBuffer> open() {
        return new DelimiterDecoder(LINE_FEED, true, maxSize, strip);
    }

    @Override
    public Class<?> frameType() {
        return ByteBuffer.class;
    }
}
