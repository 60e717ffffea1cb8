package io.iocp.spring.framing;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes that one connection receives into frames. There are two ways to write one, and they may be mixed:
 *
 * <ul>
 *   <li>It leaves the bytes of an unfinished frame where they are. It is then given the same bytes again, with more behind them,
 *       and may remember how far it has looked. What is left is kept by the library up to {@code framing.max-size}.
 *   <li>It consumes all it is given and keeps what it needs itself. Then the limit is its own business, {@link #partial()} has to
 *       tell of it, and a connection that is in the middle of nothing should hold no memory.
 * </ul>
 *
 * <p>Thread: one at a time, of those that run the connection's packets.
 *
 * @param <F> what is made of a frame
 */
public interface FrameDecoder<F> {

    /**
     * The next frame. Called again until it returns null.
     *
     * @param in what was received and is not consumed yet, from position to limit; a frame's bytes are consumed by moving the
     *     position behind them. It is valid until the frame's handler has returned, so that a frame may be a {@linkplain
     *     ByteBuffer#slice(int, int) slice} of it; position and limit of a slice are the frame's own, those of {@code in} are not
     * @return null if more bytes are needed
     * @throws FrameException if these bytes can be no frame, or a frame that is too large. Nothing more is asked of this decoder
     */
    @Nullable
    F decode(ByteBuffer in) throws FrameException;

    /**
     * Whether bytes of an unfinished frame were consumed. Deadlines for a frame run as long as this is so, or bytes were left.
     */
    default boolean partial() {
        return false;
    }

    /**
     * The peer has ended its stream, and there is no further frame.
     *
     * @throws FrameException if that must not be here. So it is, without asking, where {@link #decode} has left bytes
     */
    default void ended() throws FrameException {
        if (partial()) {
            throw new FrameException("the stream ended in the middle of a frame");
        }
    }
}
