package io.iocp.spring.actuate;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened on a port.
 *
 * @param sequence grows by one with each event that was recorded
 * @param type as in {@code postCompletion}
 * @param port name of the port; null if it is none's alone
 * @param key completion key, as text
 * @param waitNanos how long a posted packet waited for a worker
 * @param handlerNanos how long its handler took
 * @param detail what else there is to say
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PortEvent(
        long sequence,
        Instant time,
        String type,
        @Nullable String port,
        @Nullable String key,
        @Nullable Long waitNanos,
        @Nullable Long handlerNanos,
        @Nullable String detail) {}
