package io.iocp.spring.framing;

/**
 * A framing, and how much of an unfinished frame is kept for its decoders.
 *
 * @param maxLeftBytes most bytes that a decoder may leave; one more, and the frame is too large
 */
public record BoundedFraming(Framing framing, int maxLeftBytes) {}
