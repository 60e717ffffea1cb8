package io.iocp.operation;

import java.io.Serial;
import java.util.concurrent.RejectedExecutionException;

/** A bound of the port was reached: nothing was started or posted, and there will be no packet. */
public class TooManyOperationsException extends RejectedExecutionException {
    @Serial
    private static final long serialVersionUID = 1L;

    public TooManyOperationsException(String message) {
        super(message);
    }
}
