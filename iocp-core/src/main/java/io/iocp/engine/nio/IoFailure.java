package io.iocp.engine.nio;

import io.iocp.operation.Status;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link IOException} of a channel means. Java keeps the errno to itself and gives only its text, which glibc may
 * have translated; so what is not recognised gets the meaning that does least harm where it happened.
 *
 * @param nativeError the errno behind it, 0 if unknown
 */
record IoFailure(Status status, int nativeError) {
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;
    private static final int ENOMEM = 12;
    private static final int EPIPE = 32;
    private static final int ENETDOWN = 100;
    private static final int ENETUNREACH = 101;
    private static final int ECONNABORTED = 103;
    private static final int ECONNRESET = 104;
    private static final int ENOBUFS = 105;
    private static final int ETIMEDOUT = 110;
    private static final int ECONNREFUSED = 111;
    private static final int EHOSTUNREACH = 113;

    static final IoFailure OUT_OF_MEMORY = new IoFailure(Status.RESOURCE_LIMIT, ENOMEM);

    /** Of a receive or a send: a connection whose transfer failed is broken, whatever the reason. */
    static IoFailure ofTransfer(IOException e) {
        if (e instanceof ClosedChannelException) {
            return new IoFailure(Status.HANDLE_CLOSED, 0);
        }
        return switch (errno(e)) {
            case ENOBUFS, ENOMEM -> new IoFailure(Status.RESOURCE_LIMIT, errno(e));
            case ECONNABORTED -> new IoFailure(Status.ABORTED, ECONNABORTED);
            default -> new IoFailure(Status.RESET, errno(e));
        };
    }

    /**
     * Of an accept; null if only the connection that was being accepted is lost. What is not recognised counts as a lack of
     * resources, because that is tried again later and never ends a listener.
     */
    @Nullable
    static IoFailure ofAccept(IOException e) {
        if (e instanceof ClosedChannelException) {
            return new IoFailure(Status.HANDLE_CLOSED, 0);
        }
        if (e instanceof ConnectException || e instanceof NoRouteToHostException || e instanceof ProtocolException) {
            return null;
        }
        return switch (errno(e)) {
            case ECONNABORTED, ECONNRESET, ENETDOWN, ENETUNREACH, EHOSTUNREACH -> null;
            default -> new IoFailure(Status.RESOURCE_LIMIT, errno(e));
        };
    }

    /** Of a connect. */
    static IoFailure ofConnect(IOException e) {
        if (e instanceof ClosedChannelException) {
            return new IoFailure(Status.HANDLE_CLOSED, 0);
        }
        if (e instanceof BindException) {
            return new IoFailure(Status.ADDRESS_UNAVAILABLE, 0);
        }
        int errno = errno(e);
        return switch (errno) {
            case ENETDOWN, ENETUNREACH, EHOSTUNREACH -> new IoFailure(Status.UNREACHABLE, errno);
            case ETIMEDOUT -> new IoFailure(Status.CONNECT_TIMED_OUT, errno);
            case EMFILE, ENFILE, ENOBUFS, ENOMEM -> new IoFailure(Status.RESOURCE_LIMIT, errno);
            case ECONNRESET -> new IoFailure(Status.RESET, errno);
            default ->
                e instanceof NoRouteToHostException
                        ? new IoFailure(Status.UNREACHABLE, 0)
                        : e instanceof ConnectException
                                ? new IoFailure(Status.REFUSED, ECONNREFUSED)
                                : new IoFailure(Status.IO_ERROR, errno);
        };
    }

    private static int errno(IOException e) {
        String text = e.getMessage();
        if (text == null) {
            return 0;
        }
        // Longer texts first: "Too many open files in system" contains "Too many open files".
        if (text.contains("Connection reset")) {
            return ECONNRESET;
        } else if (text.contains("Broken pipe")) {
            return EPIPE;
        } else if (text.contains("timed out")) {
            return ETIMEDOUT;
        } else if (text.contains("open files in system")) {
            return ENFILE;
        } else if (text.contains("open files")) {
            return EMFILE;
        } else if (text.contains("buffer space")) {
            return ENOBUFS;
        } else if (text.contains("allocate memory")) {
            return ENOMEM;
        } else if (text.contains("connection abort")) {
            return ECONNABORTED;
        } else if (text.contains("Network is down")) {
            return ENETDOWN;
        } else if (text.contains("Network is unreachable")) {
            return ENETUNREACH;
        } else if (text.contains("No route to host")) {
            return EHOSTUNREACH;
        }
        return 0;
    }
}
