/**
 * The engine that runs everywhere: readiness from a selector is turned into completions. A submitted operation waits in
 * {@link io.iocp.engine.nio.NioLoop} for the next turn; {@link io.iocp.engine.nio.ReadyOperations} performs it as soon as
 * its channel is ready and keeps what is left of it for the next readiness.
 */
@NullMarked
package io.iocp.engine.nio;

import org.jspecify.annotations.NullMarked;
