package io.iocp.spring.client;

import io.iocp.spring.connection.ConnectionView;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One of the connections that a client keeps, as it was when somebody looked.
 *
 * @param number from 0
 * @param since when the state has been this
 * @param failures tries and short-lived connections in a row
 * @param lastFailure why the last try failed, or the last connection was lost; null if that never happened
 * @param nextTryAt null unless it waits for that
 * @param connection null unless there is one
 */
public record ClientConnectionView(
        int number,
        ClientState state,
        Instant since,
        int failures,
        @Nullable String lastFailure,
        @Nullable Instant nextTryAt,
        @Nullable ConnectionView connection) {}
