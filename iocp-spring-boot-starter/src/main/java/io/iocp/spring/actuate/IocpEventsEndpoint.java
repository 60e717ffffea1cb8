package io.iocp.spring.actuate;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * Endpoint {@code iocpevents}: what happened recently on the completion ports. Actuator cannot stream, so who wants to see events as they
 * come asks for those {@code after} the last one that he has seen and waits up to 30 seconds for an answer: {@code GET
 * iocpevents?after=41&wait=20s}. A waiting request keeps a thread of the web server, so only so many may wait at once
 * ({@code iocp.events.max-waiting}); one more is answered at once.
 *
 * <p>Next: {@link EventLog}.
 */
@Endpoint(id = "iocpevents", defaultAccess = Access.READ_ONLY)
public final class IocpEventsEndpoint {
    private final EventLog log;

    public IocpEventsEndpoint(EventLog log) {
        this.log = log;
    }

    /**
     * The last events.
     *
     * @param type of events, several with commas between; all by default
     * @param port name of a port
     * @param key completion key, or what else the events name
     * @param server name of a server
     * @param client name of a client
     * @param after sequence of an event: only newer ones
     * @param limit how many at most, the newest; as many as are kept by default
     * @param wait how long to wait if there is none yet, as in 20s; up to 30 s. Without {@code after}, for the next one
     */
    @ReadOperation
    public Events events(
            @Nullable String type,
            @Nullable String port,
            @Nullable String key,
            @Nullable String server,
            @Nullable String client,
            @Nullable String after,
            @Nullable String limit,
            @Nullable String wait) {
        EventRequest request = new EventRequest(type, port, key, server, client, after, limit, wait);
        EventQuery query = EventQuery.of(request, log.capacity(), log.last());
        EventLog.Reading reading;
        try {
            reading = log.await(query);
        } catch (InterruptedException e) {
            // The web server ends: what there is, and the thread is told.
            Thread.currentThread().interrupt();
            reading = log.read(query);
        }
        return new Events(
                reading.events(),
                reading.last(),
                reading.lost(),
                reading.skipped(),
                reading.restarted(),
                log.capacity(),
                new Waiting(log.waiting(), log.mostWaiting()),
                Sampling.of(log.mostInSecond(), log.sampledOut()));
    }

    /** All that are kept. */
    public Events events() {
        return events(null, null, null, null, null, null, null, null);
    }

    /**
     * The answer.
     *
     * @param events newest first
     * @param last what to give as {@code after} next time; -1 if nothing has happened yet
     * @param lost newer than {@code after}, but not kept any more
     * @param skipped older ones that match, beyond {@code limit}
     * @param restarted whether {@code after} is of an earlier life of the application: then all are shown
     * @param capacity how many are kept
     */
    public record Events(
            List<PortEvent> events,
            long last,
            long lost,
            long skipped,
            boolean restarted,
            int capacity,
            Waiting waiting,
            Sampling sampling) {}

    /**
     * Requests that wait for an event.
     *
     * @param most that may at once; one more is answered at once
     */
    public record Waiting(int now, int most) {}

    /**
     * What happens so often that not every case is recorded: completed posts, refusals, failures of handlers.
     *
     * @param mostInSecond of each type recorded in a second
     * @param sampledOut how many were not recorded since the start
     * @param byType the same by type
     */
    public record Sampling(int mostInSecond, long sampledOut, Map<String, Long> byType) {
        static Sampling of(int mostInSecond, Map<String, Long> byType) {
            return new Sampling(
                    mostInSecond,
                    byType.values().stream().mapToLong(Long::longValue).sum(),
                    byType);
        }
    }
}
