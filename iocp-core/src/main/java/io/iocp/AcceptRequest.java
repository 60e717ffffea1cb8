package io.iocp;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is accepted together with its first bytes.
 *
 * <p>A client that connects and says nothing would keep the operation for ever; so there is a time for the first bytes, which
 * begins when the connection is there. Meanwhile others are accepted.
 *
 * @param buffer where the first bytes go, as for {@link Connection#receive(OverlappedIO, MemorySegment)}; null for a buffer of
 *     the library, {@link OverlappedIO#data()}
 * @param firstDataTimeout how long to wait for them; null or zero = for ever, which only a listener whose clients can be
 *     trusted should do
 * @param deliverSilent whether a connection whose time is over is delivered, with OK and 0 bytes; if not it is closed, and the
 *     operation ends with {@link io.iocp.operation.Status#TIMED_OUT}
 * @param target the handle that the connection is put in; null for a new one
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-acceptex">AcceptEx (Windows)</a>
 */
public record AcceptRequest(
        @Nullable MemorySegment buffer,
        @Nullable Duration firstDataTimeout,
        boolean deliverSilent,
        @Nullable Connection target) {
    /** Into a buffer of the library, within this time. */
    public static AcceptRequest within(Duration firstDataTimeout) {
        return new AcceptRequest(null, firstDataTimeout, false, null);
    }

    public AcceptRequest into(MemorySegment newBuffer) {
        return new AcceptRequest(newBuffer, firstDataTimeout, deliverSilent, target);
    }

    public AcceptRequest deliveringSilent() {
        return new AcceptRequest(buffer, firstDataTimeout, true, target);
    }

    public AcceptRequest into(Connection newTarget) {
        return new AcceptRequest(buffer, firstDataTimeout, deliverSilent, newTarget);
    }
}
