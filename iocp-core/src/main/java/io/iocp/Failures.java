package io.iocp;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.InterruptedByTimeoutException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The exception that belongs to each status (the error table of the port's semantics). */
final class Failures {
    private Failures() {}

    static @Nullable IOException of(Status status, int nativeError, OperationKind kind, @Nullable Handle handle) {
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
            case SHUT_DOWN -> new ShutdownOutputException("sent after the output was shut down: " + where);
            case RESOURCE_LIMIT ->
                new IOException(
                        "out of descriptors or kernel memory (raise 'ulimit -n' or the memory limit): " + where);
            case FAULT -> new IOException("the operation's memory could not be used: " + where);
            case IO_ERROR -> new IOException("input/output error: " + where);
        };
    }
}
