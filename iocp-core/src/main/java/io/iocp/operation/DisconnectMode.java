package io.iocp.operation;

/**
 * How a connection is ended.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_disconnectex">DisconnectEx (Windows)</a>
 */
public enum DisconnectMode {
    /** Behind what was sent the peer sees the end of the stream; it can still send, and its bytes can be received. */
    GRACEFUL,
    /**
     * As GRACEFUL; then what the peer still sends is discarded until it ends its stream too, and the handle is free to be
     * connected again, or to be the target of an accept.
     */
    RECYCLE,
    /** At once: the peer sees a reset, what is in flight ends with {@link Status#ABORTED}, and the handle is closed. */
    ABORT
}
