package io.iocp.spring.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Published as an application event when a client has lost a connection, or could not connect. Thread: a worker; must not wait.
 *
 * @param port name of the completion port
 * @param connected whether there was a connection
 * @param reason as in {@code refused} or {@code peer}
 * @param nextTryIn null if it is not tried again, since the client stops
 */
public record TcpClientLost(
        String client,
        String port,
        boolean connected,
        String reason,
        @Nullable Duration nextTryIn) {}
