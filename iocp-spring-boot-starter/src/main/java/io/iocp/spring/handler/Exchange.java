package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One call of a handler of a server's or a client's connection: where the arguments that are not in the packet come from, and where
 * the result goes. There is one for each connection, used for every call.
 *
 * <p>Thread: the worker that runs the call.
 */
public interface Exchange extends Replies {

    ConnectionInfo info();

    /** The data of this call: the frame's bytes where there is framing into bytes, else what the packet has received. */
    ByteBuffer data(OverlappedIO packet);

    /** The frame of this call, null if there is no framing or this is not the call of a frame. */
    @Nullable
    Object frame();

    /** Why the connection was closed, or is about to be; null as long as nobody wants that. */
    @Nullable
    CloseReason closeReason();

    /**
     * Has what the stage ends with sent as {@code how} says. Until then no further packet with data, frame or end of the stream of
     * this connection reaches a handler, so that replies keep the order of what they reply to; nothing more is received than is
     * on its way, and neither the end of what the peer sends nor a server that drains closes the connection. {@code how} may call
     * this again, for what follows. A stage that fails is a handler that has thrown. Whoever completes it runs no code of this
     * connection. If the connection is closed before, the stage is cancelled if it is a future.
     */
    void sendWhenComplete(CompletionStage<?> stage, ReturnValue how);

    /**
     * Complete, with null, as soon as no more waits to be sent than is good; so it is already as a rule. Whoever sends much looks
     * here in between. It fails if the connection is closed before.
     */
    CompletionStage<@Nullable Void> whenWritable();

    /** As {@link #closeWhenSent()}, for this reason. */
    void closeWhenSent(CloseReason reason);

    /** Closes at once, for this reason. */
    void close(CloseReason reason);
}
