package io.iocp.operation;

/** What a completion packet reports on; the counterpart of IBM i's {@code operationCompleted}. */
public enum OperationKind {
    /** A listener accepted a connection (AcceptEx, QsoStartAccept). */
    ACCEPT,
    /** Bytes were received from a connection (WSARecv, QsoStartRecv). */
    RECEIVE,
    /** A connection has something to receive, or its end; nothing was taken (the receive of no bytes of Windows). */
    READABLE,
    /** Bytes were sent on a connection (WSASend, QsoStartSend). */
    SEND,
    /** An application packet (PostQueuedCompletionStatus, QsoPostIOCompletion). */
    POST
}
