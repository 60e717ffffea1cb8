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
    /** Bytes were read from a file (ReadFile). */
    FILE_READ,
    /** Bytes were written to a file, at an offset or at its end (WriteFile). */
    FILE_WRITE,
    /** What was written to a file is on the disk (FlushFileBuffers). */
    FILE_SYNC,
    /** A part of a file has its place on the disk (FILE_ALLOCATION_INFO). */
    FILE_ALLOCATE,
    /** A file was cut off (SetEndOfFile). */
    FILE_TRUNCATE,
    /** A connection was made, and the first bytes sent if there were any (ConnectEx). */
    CONNECT,
    /** A connection was ended (DisconnectEx). */
    DISCONNECT,
    /** A connection was made secure (gsk_secure_soc_startInit). */
    TLS_HANDSHAKE,
    /** Bytes were received from a secure connection (gsk_secure_soc_startRecv). */
    TLS_RECEIVE,
    /** Bytes were sent on a secure connection (gsk_secure_soc_startSend). */
    TLS_SEND,
    /** A file was sent on a connection, with bytes before and behind it if there were any (TransmitFile). */
    TRANSMIT_FILE,
    /** Memory and stretches of files were sent on a connection (TransmitPackets). */
    TRANSMIT_PACKETS,
    /** An application packet (PostQueuedCompletionStatus, QsoPostIOCompletion). */
    POST
}
