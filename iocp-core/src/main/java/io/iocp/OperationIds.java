package io.iocp;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes group ids for {@link OverlappedIO#groupId(long)} that nobody else has.
 *
 * <p>Thread: any.
 *
 * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/qsogenerateoperationid.html">QsoGenerateOperationId
 *     (IBM i)</a>
 */
public final class OperationIds {
    private static final AtomicLong LAST = new AtomicLong();

    private OperationIds() {}

    /** A number that was not given out before in this process; never 0. */
    public static long next() {
        return LAST.incrementAndGet();
    }
}
