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
     * Has what the stage ends with sent as {@code how} says. Until then no further packet or frame of this connection reaches a
     * handler, so that replies keep the order of what they reply to. A stage that fails is a handler that has thrown.
     */
    void sendWhenComplete(CompletionStage<?> stage, ReturnValue how);
}
