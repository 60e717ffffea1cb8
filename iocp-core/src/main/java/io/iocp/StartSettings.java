package io.iocp;

import io.iocp.operation.CompletionMode;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link OverlappedIO} asks of its next starts. Most ask for nothing, and share {@link #USUAL}.
 *
 * <p>Thread: as the packet.
 */
final class StartSettings {
    /** Asks for nothing; never changed. */
    static final StartSettings USUAL = new StartSettings();

    long timeoutNanos;
    long groupId;

    /** Null = as the handle says. */
    @Nullable
    CompletionMode completionMode;

    boolean deliverToFuture;
    boolean fillBuffer;
    boolean queryAvailable;
}
