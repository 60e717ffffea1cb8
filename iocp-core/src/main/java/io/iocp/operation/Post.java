package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/** An application packet; no engine ever sees it. */
public sealed class Post extends Operation permits BufferRelease {
    /** What the poster's surroundings have given it to carry: nothing of the library's. */
    public @Nullable Object context;

    public Post(Object packet) {
        super(packet);
    }

    @Override
    public final OperationKind kind() {
        return OperationKind.POST;
    }
}
