package io.iocp.linux;

import java.io.IOException;

/** A system call failed; carries the error number. */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    /** {@code result} is what {@link Libc} returned: the negated error number. */
    public LinuxException(String call, int result) {
        this.call = call;
        this.errno = Math.abs(result);
    }

    @Override
    public String getMessage() {
        return call + " failed with " + Errno.name(errno);
    }

    public int errno() {
        return errno;
    }
}
