package io.iocp.operation;

/** What a completion packet reports on; the counterpart of IBM i's {@code operationCompleted}. */
public enum OperationKind {
    /** A listener accepted a connection (AcceptEx, QsoStartAccept). */
    ACCEPT,
    /** Bytes were received from a connection (WSARecv, QsoStartRecv). */
    RECEIVE,
    /** Bytes were sent on a connection (WSASend, QsoStartSend). */
    SEND,
    /** An application packet (PostQueuedCompletionStatus, QsoPostIOCompletion). */
    POST
}
