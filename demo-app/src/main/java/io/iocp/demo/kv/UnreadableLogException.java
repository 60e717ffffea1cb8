package io.iocp.demo.kv;

import java.io.IOException;
import java.nio.file.Path;

/** The server cannot start, because its log is corrupt: where, and what can be done. */
final class UnreadableLogException extends IOException {

    private static final long serialVersionUID = 1;

    private final String remedy;

    UnreadableLogException(Path path, long size, CorruptLogException corrupt) {
        super(
                "append-only file " + path + " is corrupt at offset " + corrupt.offset() + " of " + size + ": "
                        + corrupt.getMessage(),
                corrupt);
        remedy =
                "The file was not changed. Put a copy of it back; or keep only what is before the damage, and lose the "
                        + (size - corrupt.wholeBytes()) + " bytes from there on: truncate -s " + corrupt.wholeBytes()
                        + " " + path;
    }

    String remedy() {
        return remedy;
    }
}
