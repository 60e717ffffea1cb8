package io.iocp.spring.actuate;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/**
 * Which events somebody wants to see, and how long he would wait for one.
 *
 * @param after events with a greater sequence only; {@link #EVERY} for all
 * @param patience how long to wait for one; zero for not at all
 */
record EventQuery(
        Set<EventType> types,
        @Nullable String port,
        @Nullable String key,
        @Nullable String server,
        @Nullable String client,
        long after,
        int limit,
        Duration patience) {

    /** Comes before the first sequence. */
    static final long EVERY = -1;

    static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    /** Every event there is. */
    static EventQuery all(int capacity) {
        return new EventQuery(EnumSet.allOf(EventType.class), null, null, null, null, EVERY, capacity, Duration.ZERO);
    }

    /**
     * Reads a request.
     *
     * @param last the greatest sequence so far: who waits and does not say after what waits for the next event
     * @throws InvalidRequest if it makes no sense
     */
    static EventQuery of(EventRequest request, int capacity, long last) {
        Duration wait = durationOf(request.patience());
        long after = RequestNumber.of("after", request.after(), EVERY, Long.MAX_VALUE, wait.isZero() ? EVERY : last);
        int limit = (int) RequestNumber.of("limit", request.limit(), 1, capacity, capacity);
        return new EventQuery(
                typesOf(request.type()),
                request.port(),
                request.key(),
                request.server(),
                request.client(),
                after,
                limit,
                wait);
    }

    private static Set<EventType> typesOf(@Nullable String text) {
        if (text == null) {
            return EnumSet.allOf(EventType.class);
        }
        Set<EventType> types = EnumSet.noneOf(EventType.class);
        for (String name : text.split(",", -1)) {
            types.add(typeOf(name.strip()));
        }
        return types;
    }

    private static EventType typeOf(String name) {
        for (EventType type : EventType.values()) {
            if (type.toString().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return type;
            }
        }
        throw InvalidRequest.of(
                "there is no type of events " + InvalidRequest.quoted(name),
                "take some of " + String.join(", ", EventType.names()));
    }

    private static Duration durationOf(@Nullable String text) {
        if (text == null) {
            return Duration.ZERO;
        }
        String remedy = "give a duration from 0s to " + LONGEST_WAIT.toSeconds() + "s, as in 20s or 500ms";
        Duration wait;
        try {
            wait = DurationStyle.detectAndParse(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw InvalidRequest.of("'wait' is no duration: " + InvalidRequest.quoted(text), remedy);
        }
        if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
            throw InvalidRequest.of("'wait' is out of its bounds: " + InvalidRequest.quoted(text), remedy);
        }
        return wait;
    }

    boolean matches(EventType type, @Nullable String eventPort, @Nullable String eventKey) {
        return types.contains(type)
                && (port == null || port.equals(eventPort))
                && (key == null || key.equals(eventKey))
                && (server == null || (type.isOfServer() && server.equals(eventKey)))
                && (client == null || (type.isOfClient() && client.equals(eventKey)));
    }

    EventQuery after(long sequence) {
        return new EventQuery(types, port, key, server, client, sequence, limit, patience);
    }
}
