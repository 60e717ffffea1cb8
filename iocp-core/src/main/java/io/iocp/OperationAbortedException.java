package io.iocp;

import java.io.IOException;
import java.io.Serial;

/** The operation was cancelled, by its owner or because its port was closed (Windows' ERROR_OPERATION_ABORTED). */
public class OperationAbortedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    public OperationAbortedException(String message) {
        super(message);
    }
}
