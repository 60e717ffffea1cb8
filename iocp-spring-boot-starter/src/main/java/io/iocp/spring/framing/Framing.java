package io.iocp.spring.framing;

/**
 * How the bytes of connections are cut into frames: what a server's or client's {@code framing} properties say, or a bean that
 * {@code framing.bean} names. With a framing a handler of RECEIVE is called once for each frame, in order, however the bytes were
 * cut into packets by the network.
 *
 * <p>Thread: any; {@link #open()} is called by several at once.
 */
public interface Framing {

    /** A decoder for one new connection. */
    FrameDecoder<?> open();

    /**
     * What the decoders make. {@link java.nio.ByteBuffer} means bytes: a handler may have them as {@code ByteBuffer}, {@code
     * byte[]} or {@code String}. Of any other type, a handler has the frame as a parameter of this type or a supertype.
     */
    Class<?> frameType();
}
