package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.operation.Status;

/** What an error number of a socket operation means to the program. */
final class ErrnoStatus {
    private ErrnoStatus() {}

    static Status of(int errno) {
        return switch (errno) {
            case Errno.ECONNRESET,
                    Errno.EPIPE,
                    Errno.ETIMEDOUT,
                    Errno.ENETRESET,
                    Errno.ENETDOWN,
                    Errno.ENETUNREACH,
                    Errno.EHOSTDOWN,
                    Errno.EHOSTUNREACH,
                    Errno.ECONNREFUSED -> Status.RESET;
            case Errno.ECONNABORTED -> Status.ABORTED;
            case Errno.ESHUTDOWN -> Status.SHUT_DOWN;
            case Errno.ECANCELED, Errno.EINTR -> Status.CANCELLED;
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM -> Status.RESOURCE_LIMIT;
            case Errno.EFAULT -> Status.FAULT;
            default -> Status.IO_ERROR;
        };
    }

    /**
     * True for an error of accept that is one connection's: Linux passes on what happened to it while it waited.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/accept.2.html">accept(2), "Error handling"</a>
     */
    static boolean isOfOneConnection(int errno) {
        return switch (errno) {
            case Errno.ECONNABORTED,
                    Errno.EPROTO,
                    Errno.EPERM,
                    Errno.ENETDOWN,
                    Errno.ENETUNREACH,
                    Errno.ENOPROTOOPT,
                    Errno.EHOSTDOWN,
                    Errno.EHOSTUNREACH,
                    Errno.EOPNOTSUPP,
                    Errno.ECONNRESET,
                    Errno.ETIMEDOUT -> true;
            default -> false;
        };
    }
}
