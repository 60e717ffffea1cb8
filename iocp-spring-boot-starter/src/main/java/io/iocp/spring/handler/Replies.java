package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.LeasedBuffer;
import java.nio.ByteBuffer;

/**
 * Sends to the connection that a packet came from, in the order of the calls and before what the handler returns. While more
 * is waiting to be sent than is good, the connection is not read. A send that fails closes the connection.
 *
 * <p>Thread: a handler of this connection, until it returns. Other threads use {@link Connection#send} with an {@code
 * OverlappedIO} of their own.
 */
public interface Replies {

    /** The connection that is sent to. */
    Connection connection();

    /** Sends the bytes from position to limit. They are copied now; position and limit are not changed. */
    void send(ByteBuffer data);

    /** Sends a copy of the bytes. */
    void send(byte[] data);

    /** Sends the text as UTF-8. */
    void send(String text);

    /**
     * Sends the first {@link LeasedBuffer#length()} bytes without a copy. The lease becomes the library's, whatever happens.
     *
     * @param data of {@code port.buffers()}
     */
    void send(LeasedBuffer data);

    /**
     * Transmits head, file and tail as one reply. The file may be closed as soon as this returns: its descriptor stays open until
     * the transmit has ended. A part that the file does not have closes the connection, as a send that fails does.
     */
    void transmitFile(TransmitFileRequest request);

    /**
     * Whether a reply is still to come, from a later packet: one that the application {@linkplain Connection#post posts} to the
     * connection when it has what the reply says. While it is held open, neither the end of what the peer sends, nor {@link
     * #closeWhenSent}, nor a server that drains closes the connection, although everything sent so far has left. An error, an
     * idle timeout and the deadline of the drain still do.
     *
     * @param hold false, once the reply was sent, lets it be closed: now if there is a reason
     */
    void holdOpen(boolean hold);

    /**
     * Stops receiving: no further data, and no further frame, reaches a handler of this connection until {@link
     * #resumeReceiving()}. What is on its way already is kept, and the peer is slowed down by TCP. For an application that
     * cannot take more for now; too much to be sent stops receiving by itself. Use this rather than {@link
     * Connection#pauseReceiving()}, which the library does for reasons of its own.
     */
    void pauseReceiving();

    /** Goes on receiving. Does nothing if it was not paused. What was kept comes first. */
    void resumeReceiving();

    /**
     * Runs {@code action} once, on this thread, when no further frame of the present packet reaches a handler: the handlers of all
     * frames that are here have returned, or the connection is paused or closing. For what is best done once for many, such as
     * sending what was gathered. Only the last action of a packet is run; none if a handler fails.
     */
    void afterFrames(Runnable action);

    /** Closes the connection once everything sent so far has left. What is received from now on is dropped. */
    void closeWhenSent();
}
