package io.iocp.demo.kv;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.TooManyOperationsException;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Lets keys expire by delayed posts on the completion port: one packet for each deadline, none while nothing expires.
 *
 * <p>Thread: any.
 */
final class KvExpiry implements ExpiryScheduler {

    private static final System.Logger LOG = System.getLogger(KvExpiry.class.getName());

    /** Completion key of the posts. */
    static final String CHANNEL = "kv-expiry";

    /** The store asks again when a post comes before the deadline; so no delay need be longer, and none overflows. */
    private static final long LONGEST_DELAY_MILLIS = Duration.ofDays(1).toMillis();

    private final CompletionPort port;
    private final InstantSource clock;

    /** What a post brings. */
    record Deadline(Bytes key, long atMillis) {}

    KvExpiry(CompletionPort port, InstantSource clock) {
        this.port = port;
        this.clock = clock;
    }

    @Override
    public void schedule(Bytes key, long deadlineMillis) {
        long delayMillis = Math.clamp(deadlineMillis - clock.millis(), 0, LONGEST_DELAY_MILLIS);
        OverlappedIO packet = new OverlappedIO(new Deadline(key, deadlineMillis));
        try {
            port.postDelayed(packet, CHANNEL, Duration.ofMillis(delayMillis), null);
        } catch (ClosedPortException | TooManyOperationsException refused) {
            // The key stays in memory until a command looks at it; no command ever sees it after its deadline.
            LOG.log(System.Logger.Level.DEBUG, "no post for a deadline: {0}", refused.getMessage());
        }
    }
}
