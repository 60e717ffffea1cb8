package io.iocp.spring.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * Properties of all handlers.
 *
 * @param virtualThreads Whether every handler runs on a virtual thread. As 'spring.threads.virtual.enabled' by default.
 */
public record HandlerProperties(@Nullable Boolean virtualThreads) {}
