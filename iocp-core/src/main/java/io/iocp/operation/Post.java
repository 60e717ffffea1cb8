package io.iocp.operation;

/** An application packet; no engine ever sees it. */
public sealed class Post extends Operation permits BufferRelease {
    public Post(Object packet) {
        super(packet);
    }

    @Override
    public final OperationKind kind() {
        return OperationKind.POST;
    }
}
