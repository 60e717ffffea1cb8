package io.iocp;

import io.iocp.operation.HandOverCause;

/**
 * A shard went to another worker because the one that held it was kept by a handler.
 *
 * @param shard its number
 * @param handler name of the handler that kept the worker
 * @param handlerNanos how long that handler had been running by then, as far as the port had looked
 */
public record HandOver(int shard, HandOverCause cause, String handler, long handlerNanos) {}
