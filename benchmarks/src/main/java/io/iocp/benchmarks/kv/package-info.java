/** The demo application's key-value server beside redis-server. */
@NullMarked
package io.iocp.benchmarks.kv;

import org.jspecify.annotations.NullMarked;
