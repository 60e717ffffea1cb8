package io.iocp;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.EOFException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.InterruptedByTimeoutException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The exception that belongs to each status (the error table of the port's semantics). */
final class Failures {
    private static final int EINVAL = 22;
    private static final int EFBIG = 27;
    private static final int ENOSPC = 28;
    private static final int EOPNOTSUPP = 95;
    private static final int EDQUOT = 122;

    private Failures() {}

    static @Nullable IOException of(
            Status status, int nativeError, @Nullable Exception cause, OperationKind kind, @Nullable Handle handle) {
        String where = kind.name().toLowerCase(Locale.ROOT)
                + (handle == null ? "" : " on " + handle)
                + (nativeError == 0 ? "" : " (errno " + nativeError + ")");
        return switch (status) {
            case OK, EOF, TIMER_EXPIRED -> null;
            case CANCELLED -> new OperationAbortedException("cancelled: " + where);
            case HANDLE_CLOSED -> new AsynchronousCloseException();
            case PORT_CLOSED -> new OperationAbortedException("the port was closed: " + where);
            case TIMED_OUT -> new InterruptedByTimeoutException();
            case RESET -> new ConnectionResetException("connection reset by the peer: " + where);
            case ABORTED -> new ConnectionResetException("connection aborted: " + where);
            case REFUSED ->
                new ConnectException("connection refused: nobody listens there, or the backlog is full: " + where);
            case UNREACHABLE -> new NoRouteToHostException("no way to the address: " + where);
            case CONNECT_TIMED_OUT -> new ConnectException("connection timed out: the peer does not answer: " + where);
            case ADDRESS_UNAVAILABLE ->
                new BindException("the local address is in use, or not of this machine: " + where);
            case SHUT_DOWN -> new ShutdownOutputException("sent after the output was shut down: " + where);
            case TLS_ERROR ->
                new SSLException((cause == null ? "TLS failed before" : cause.getMessage()) + ": " + where, cause);
            case TRUNCATED ->
                new EOFException("the file became shorter while it was transmitted: the peer has got less than was"
                        + " promised, close the connection: " + where);
            case RESOURCE_LIMIT -> new IOException(shortage(nativeError) + ": " + where);
            case FAULT -> new IOException("the operation's memory could not be used: " + where);
            case IO_ERROR -> new IOException(error(nativeError, kind) + ": " + where);
        };
    }

    private static String shortage(int nativeError) {
        return switch (nativeError) {
            case ENOSPC -> "no space is left on the device";
            case EDQUOT -> "the disk quota is used up";
            case EFBIG -> "the file would be larger than it may be (file system, or 'ulimit -f')";
            default -> "out of descriptors or kernel memory (raise 'ulimit -n' or the memory limit)";
        };
    }

    private static String error(int nativeError, OperationKind kind) {
        if (nativeError == EINVAL && (kind == OperationKind.FILE_READ || kind == OperationKind.FILE_WRITE)) {
            return "refused: opened DIRECT, offset, length and address must be aligned to blocks of the device";
        }
        return nativeError == EOPNOTSUPP ? "the file system cannot do this" : "input/output error";
    }
}
