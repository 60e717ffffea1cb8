package io.iocp.spring.actuate;

import org.jspecify.annotations.Nullable;

/**
 * What somebody asks of the log of events, as text.
 *
 * @param type one or several, with commas between
 * @param key completion key, or name of a server, client or bundle
 * @param after sequence
 * @param patience duration
 */
record EventRequest(
        @Nullable String type,
        @Nullable String port,
        @Nullable String key,
        @Nullable String server,
        @Nullable String client,
        @Nullable String after,
        @Nullable String limit,
        @Nullable String patience) {}
