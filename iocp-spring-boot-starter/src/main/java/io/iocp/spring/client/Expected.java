package io.iocp.spring.client;

import io.iocp.OverlappedIO;
import io.iocp.spring.handler.Exchange;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request, which is the next frame that no earlier request has a right to.
 *
 * <p>Thread: the worker that has the frame, or whoever fails it; the first one counts.
 */
final class Expected<F> {
    private final Class<F> type;
    private final CompletableFuture<F> answer = new CompletableFuture<>();

    /** @param type {@code byte[]}, {@code String} or {@code ByteBuffer} for frames that are bytes, else that of the frames */
    Expected(Class<F> type) {
        this.type = type;
    }

    /** Whether frames of {@code frameType} can be given as {@code type}. */
    static boolean fits(Class<?> frameType, Class<?> type) {
        if (frameType == ByteBuffer.class) {
            return type == byte[].class || type == String.class || type == ByteBuffer.class || type == Object.class;
        }
        return type.isAssignableFrom(frameType) || frameType.isAssignableFrom(type);
    }

    CompletableFuture<F> answer() {
        return answer;
    }

    /** Takes the frame of the present call; bytes are copied, since they are valid only as long as it lasts. */
    void take(Exchange exchange, OverlappedIO packet) {
        try {
            answer.complete(type.cast(valueOf(exchange, packet)));
        } catch (ClassCastException e) {
            answer.completeExceptionally(e);
        }
    }

    private @Nullable Object valueOf(Exchange exchange, OverlappedIO packet) {
        if (!(exchange.frame() instanceof ByteBuffer)) {
            return exchange.frame();
        }
        ByteBuffer data = exchange.data(packet);
        byte[] bytes = new byte[data.remaining()];
        data.get(data.position(), bytes);
        if (type == String.class) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return type == byte[].class ? bytes : ByteBuffer.wrap(bytes);
    }

    void fail(Throwable failure) {
        answer.completeExceptionally(failure);
    }
}
