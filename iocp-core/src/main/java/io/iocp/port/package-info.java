/**
 * The machinery of a port: shards, the workers that hold them, and the queues between threads. A shard is touched only by the
 * worker that holds it; everybody else goes through its inbox.
 */
@NullMarked
package io.iocp.port;

import org.jspecify.annotations.NullMarked;
