package io.iocp.spring.handler;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import io.iocp.spring.framing.FrameEncoder;
import org.jspecify.annotations.Nullable;

/** A returned value that an encoder makes bytes of. */
record FrameReturn<T>(FrameEncoder<T> encoder) implements ReturnValue {
    @Override
    public boolean isBytes() {
        return true;
    }

    @Override
    public @Nullable LeasedBuffer lease(Object value, BufferPool buffers) {
        LeasedBuffer bytes = encoder.encode(encoder.type().cast(value), buffers);
        if (bytes.length() == 0) {
            bytes.release();
            return null;
        }
        return bytes;
    }

    @Override
    public void send(@Nullable Object value, Exchange exchange) {
        if (value != null) {
            exchange.send(encoder.encode(
                    encoder.type().cast(value), exchange.connection().port().buffers()));
        }
    }
}
