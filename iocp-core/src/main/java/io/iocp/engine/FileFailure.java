package io.iocp.engine;

import io.iocp.operation.Status;
import java.io.IOException;

/**
 * What an error of a file operation means. Java keeps the errno to itself and gives only its text, which the C library may
 * have translated; what is not recognised is an input/output error without a number.
 *
 * @param nativeError the errno behind it, 0 if unknown
 */
public record FileFailure(Status status, int nativeError) {
    private static final int EIO = 5;
    private static final int EBADF = 9;
    private static final int ENOMEM = 12;
    private static final int EFAULT = 14;
    private static final int EINVAL = 22;
    private static final int EFBIG = 27;
    private static final int ENOSPC = 28;
    private static final int EROFS = 30;
    private static final int EOPNOTSUPP = 95;
    private static final int EDQUOT = 122;

    /** A write that neither wrote a byte nor said why. */
    public static final FileFailure NO_PROGRESS = new FileFailure(Status.IO_ERROR, EIO);

    /** The memory cannot be used: an error of the program. */
    public static final FileFailure FAULT = new FileFailure(Status.FAULT, EFAULT);

    public static FileFailure of(int errno) {
        return new FileFailure(
                switch (errno) {
                    case ENOSPC, EDQUOT, EFBIG, ENOMEM -> Status.RESOURCE_LIMIT;
                    case EFAULT -> Status.FAULT;
                    default -> Status.IO_ERROR;
                },
                errno);
    }

    public static FileFailure of(IOException e) {
        return of(errno(e.getMessage() == null ? "" : e.getMessage()));
    }

    private static int errno(String text) {
        if (text.contains("No space left")) {
            return ENOSPC;
        } else if (text.contains("quota exceeded")) {
            return EDQUOT;
        } else if (text.contains("File too large")) {
            return EFBIG;
        } else if (text.contains("allocate memory")) {
            return ENOMEM;
        } else if (text.contains("Bad address")) {
            return EFAULT;
        } else if (text.contains("Input/output error")) {
            return EIO;
        } else if (text.contains("Invalid argument") || text.contains("not a multiple of the block size")) {
            return EINVAL;
        } else if (text.contains("Read-only file system")) {
            return EROFS;
        } else if (text.contains("Bad file descriptor")) {
            return EBADF;
        } else if (text.contains("not supported")) {
            return EOPNOTSUPP;
        }
        return 0;
    }
}
