package io.iocp.spring.framing;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Frames that all have the same length.
 *
 * @param length bytes of every frame
 */
public record FixedFraming(int length) implements Framing {

    public FixedFraming {
        if (length < 1) {
            throw new IllegalArgumentException("a frame needs a byte at least: " + length);
        }
    }

    @Override
    public FrameDecoder<ByteBuffer> open() {
        return this::decode;
    }

    private @Nullable ByteBuffer decode(ByteBuffer in) {
        if (in.remaining() < length) {
            return null;
        }
        ByteBuffer frame = in.slice(in.position(), length);
        in.position(in.position() + length);
        return frame;
    }

    @Override
    public Class<?> frameType() {
        return ByteBuffer.class;
    }
}
