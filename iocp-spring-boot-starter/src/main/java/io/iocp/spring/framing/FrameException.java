package io.iocp.spring.framing;

import org.jspecify.annotations.Nullable;

/**
 * What was received can be no frame. The connection is closed with the reason {@code bad-frame}, once what was sent before has
 * left; what else was received is dropped.
 */
public class FrameException extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // an array is
    private byte @Nullable [] reply;

    public FrameException(String message) {
        // The network sends what it likes: this must cost no more than the close that it leads to.
        super(message, null, false, false);
    }

    /**
     * Has this sent to the peer before the connection is closed, behind the replies to earlier frames.
     *
     * @return this
     */
    public FrameException reply(byte[] bytes) {
        reply = bytes.clone();
        return this;
    }

    /** What is sent to the peer before the connection is closed; null for nothing. */
    public byte @Nullable [] reply() {
        byte[] bytes = reply;
        return bytes == null ? null : bytes.clone();
    }
}
