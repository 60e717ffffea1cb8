package io.iocp.operation;

/** How an operation ended. A packet is delivered for success and for failure alike; the reader looks at the status. */
public enum Status {
    /** Success. */
    OK,
    /** The peer closed its sending side in good order; no bytes, no exception. */
    EOF,
    /** Cancelled on request. {@code bytesTransferred} is what had been transferred by then. */
    CANCELLED,
    /** The handle was closed under the operation (Windows 995, IBM ECLOSED). */
    HANDLE_CLOSED,
    /** The port was closed under the operation. */
    PORT_CLOSED,
    /**
     * A time limit passed: the operation's own (with what had been transferred by then), or the connection was idle for longer
     * than it may be.
     */
    TIMED_OUT,
    /** A delayed post came due (IBM EAGAIN). */
    TIMER_EXPIRED,
    /** The peer reset the connection, or it broke; every later operation of that direction reports the same. */
    RESET,
    /** The connection was aborted by this side (ECONNABORTED). */
    ABORTED,
    /** Nobody listens at the address that was to be connected to, or that a datagram was sent to before. */
    REFUSED,
    /** There is no way to the address that was to be connected to, or that a datagram was to go to. */
    UNREACHABLE,
    /** The peer did not answer in the time that the transport gives it; the operation's own limit is TIMED_OUT. */
    CONNECT_TIMED_OUT,
    /** The local address is in use, or not of this machine. */
    ADDRESS_UNAVAILABLE,
    /** Sent after this side had shut its output down. */
    SHUT_DOWN,
    /**
     * TLS failed: the handshake, a record that is not what it should be, the peer's end without a close_notify, or what was
     * started behind any of these, or behind a handshake or send that was cancelled under way. The exception says which.
     */
    TLS_ERROR,
    /** A file that was being transmitted became shorter than it was at the start; what was there is sent. */
    TRUNCATED,
    /** Descriptors, buffers or kernel memory ran out. */
    RESOURCE_LIMIT,
    /** The memory of the operation could not be used: an error of the program. */
    FAULT,
    /** Any other error; {@code nativeError} has the number where the platform gives one. */
    IO_ERROR
}
