package io.iocp.spring.client;

import io.iocp.operation.LeasedBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/**
 * Sends on connections of a client.
 *
 * <p>What is returned completes when the kernel has accepted every byte, which does not say that the peer has read them. It fails,
 * and then a part may have been sent,
 *
 * <ul>
 *   <li>with {@link ClientNotConnectedException} at once if no connection stands: nothing is kept for later;
 *   <li>with {@link SendRefusedException} at once if too much waits on the connection already;
 *   <li>with the failure of the connection, if it is lost meanwhile. Nothing is sent again on another one: only the application
 *       knows whether that does harm.
 * </ul>
 *
 * <p>Thread: any, handlers too. Stages complete on a worker: what waits, or takes long, belongs into an {@code Async} step.
 */
public interface ClientSender {

    /** Sends the bytes from position to limit. They are copied now; position and limit are not changed. */
    CompletableFuture<Void> send(ByteBuffer data);

    /**
     * Sends the first {@link LeasedBuffer#length()} bytes without a copy. The lease becomes the library's, whatever happens.
     *
     * @param data of the {@code buffers()} of the client's port
     */
    CompletableFuture<Void> send(LeasedBuffer data);

    /** Sends a copy of the bytes. */
    default CompletableFuture<Void> send(byte[] data) {
        return send(ByteBuffer.wrap(data));
    }

    /** Sends the text as UTF-8. */
    default CompletableFuture<Void> send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sends a request to a peer that answers each with one frame, in the order of the requests: the answer is the next frame that no
     * earlier request on the same connection has a right to. A request whose caller has given up ({@code orTimeout}, {@code cancel})
     * keeps its turn, and its answer is dropped when it comes. When the connection is lost the answer fails.
     *
     * @param request as for {@link #send(ByteBuffer)}, with all that ends it: a line feed, a length
     * @param type {@code byte[]}, {@code String} or {@code ByteBuffer} (a copy) where frames are bytes, else the type of the frames,
     *     which must not refer to the received bytes
     * @throws IllegalStateException if the client has no framing
     * @throws IllegalArgumentException if its frames are of another type
     */
    <F> CompletableFuture<F> exchange(ByteBuffer request, Class<F> type);

    /** Sends a copy of the bytes as a request, as {@link #exchange(ByteBuffer, Class)} does. */
    default <F> CompletableFuture<F> exchange(byte[] request, Class<F> type) {
        return exchange(ByteBuffer.wrap(request), type);
    }

    /** Sends the text in UTF-8 as a request, as {@link #exchange(ByteBuffer, Class)} does. */
    default <F> CompletableFuture<F> exchange(String request, Class<F> type) {
        return exchange(request.getBytes(StandardCharsets.UTF_8), type);
    }
}
