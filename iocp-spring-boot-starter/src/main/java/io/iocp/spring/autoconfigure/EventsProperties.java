package io.iocp.spring.autoconfigure;

import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Recent events.
 *
 * @param capacity How many recent events are kept.
 * @param sampleAbove Events of a frequent type (completed posts, refusals, failures of handlers) recorded in a second at most;
 *     what exceeds it is only counted.
 * @param maxWaiting Requests that may wait for an event at once ('iocpevents?wait='); one more is answered at once. Each keeps a
 *     thread of the web server.
 * @param publish Whether recorded events are also published in the application, as 'PortEvent'.
 */
public record EventsProperties(
        @DefaultValue("1000") int capacity,
        @DefaultValue("100") int sampleAbove,
        @DefaultValue("8") int maxWaiting,
        @DefaultValue("false") boolean publish) {

    private static final int LARGEST_CAPACITY = 1_000_000;
    private static final int MOST_WAITING = 1000;

    /**
     * Checks the numbers.
     *
     * @throws InvalidConfigurationPropertyValueException if one is out of its bounds
     */
    public void check() {
        require("iocp.events.capacity", capacity, 1, LARGEST_CAPACITY);
        require("iocp.events.sample-above", sampleAbove, 0, Integer.MAX_VALUE);
        require("iocp.events.max-waiting", maxWaiting, 0, MOST_WAITING);
    }

    private static void require(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new InvalidConfigurationPropertyValueException(
                    key, value, "Must be from " + least + " to " + most + ".");
        }
    }
}
