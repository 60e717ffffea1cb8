package io.iocp.port;

import io.iocp.operation.LeasedBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The operations that ended within their starts while one packet's handler runs: how many there may still be, and the library's
 * buffers that they filled, which stay valid until the handler returns. Thread: its worker.
 */
final class EndedStarts {
    /** For one run of a handler; as many as the JDK's asynchronous channels allow on one stack. */
    static final int MOST = 16;

    private final @Nullable LeasedBuffer[] leases = new @Nullable LeasedBuffer[MOST];
    private int leased;
    private int left;

    /** A handler is about to run. */
    void begin() {
        left = MOST;
    }

    boolean mayEnd() {
        return left > 0;
    }

    /**
     * One more has ended.
     *
     * @param lease the library's buffer that its bytes are in, null for none
     */
    void add(@Nullable LeasedBuffer lease) {
        left--;
        if (lease != null) {
            leases[leased++] = lease;
        }
    }

    /**
     * The handler has returned: its buffers go back.
     *
     * @return how many it had released already, which were not its own
     */
    int giveBack() {
        int failures = 0;
        for (; leased > 0; leased--) {
            LeasedBuffer lease = leases[leased - 1];
            leases[leased - 1] = null;
            if (lease != null && !Delivery.giveBack(lease)) {
                failures++;
            }
        }
        left = 0;
        return failures;
    }
}
