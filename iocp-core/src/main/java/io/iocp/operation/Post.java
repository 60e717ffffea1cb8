package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/** An application packet; no engine ever sees it. */
public sealed class Post extends Operation permits BufferRelease {
    /** What the poster's surroundings have given it to carry: nothing of the library's. */
    public @Nullable Object context;

    /** The key that it was posted with; of a post to a handle the handle's counts. */
    public @Nullable Object key;

    public Post(Object packet) {
        super(packet);
    }

    /** BEGUN to COMPLETED, before it is put on the port's own queue, where no cancel looks for it. */
    public final void completeForPort() {
        move(State.COMPLETED);
    }

    /** COMPLETED to IDLE, by whoever has taken it from the port's own queue: it is its owner's again. */
    public final void deliverFromPort() {
        move(State.IDLE);
    }

    @Override
    public final OperationKind kind() {
        return OperationKind.POST;
    }
}
