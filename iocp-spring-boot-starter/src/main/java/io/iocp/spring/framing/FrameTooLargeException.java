package io.iocp.spring.framing;

/** A frame is longer than it may be. The connection is closed as for any bad frame, with the reason {@code frame-too-large}. */
public final class FrameTooLargeException extends FrameException {
    private static final long serialVersionUID = 1L;

    /** @param maxBytes that a frame may have */
    public FrameTooLargeException(long maxBytes) {
        super("a frame is longer than " + maxBytes + " bytes (framing.max-size)");
    }
}
