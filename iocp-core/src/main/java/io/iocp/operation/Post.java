package io.iocp.operation;

/** An application packet; no engine ever sees it. */
public final class Post extends Operation {
    public Post(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.POST;
    }
}
