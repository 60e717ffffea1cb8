package io.iocp;

import io.iocp.engine.EngineCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * Which engine a port got and why.
 *
 * @param engine {@code io_uring} or {@code nio}, or {@code simulated} in tests
 * @param reason why this one, in one line
 * @param fallback true if a better engine was wanted and could not be had
 * @param cause what stood in the way of the better one; null if nothing did
 * @param remedy what to do to get the better one; null if nothing stood in its way
 */
public record EngineReport(
        String engine,
        String reason,
        boolean fallback,
        @Nullable String cause,
        @Nullable String remedy,
        EngineCapabilities capabilities) {}
