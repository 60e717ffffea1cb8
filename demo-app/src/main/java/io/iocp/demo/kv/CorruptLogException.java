package io.iocp.demo.kv;

import java.io.IOException;

/** A log has bytes that nobody can have written there: where, and what is wrong with them. */
final class CorruptLogException extends IOException {

    private static final long serialVersionUID = 1;

    private final long offset;
    private final long wholeBytes;

    /**
     * What was found.
     *
     * @param offset of the byte that is wrong
     * @param wholeBytes how many bytes before it are whole commands
     */
    CorruptLogException(long offset, long wholeBytes, String message) {
        super(message);
        this.offset = offset;
        this.wholeBytes = wholeBytes;
    }

    long offset() {
        return offset;
    }

    long wholeBytes() {
        return wholeBytes;
    }
}
