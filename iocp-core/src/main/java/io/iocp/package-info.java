/**
 * The completion port for the JVM. Start reading at {@link io.iocp.CompletionPort}.
 *
 * <p>The path of one completion, from a start method to your handler:
 *
 * <pre>
 * any thread   1 started    {@link io.iocp.Connection#receive(io.iocp.OverlappedIO)}
 *              2 admitted   {@link io.iocp.port.Shard#start}         at once for the shard's holder, else by its inbox
 * shard holder              {@code Flow.take}              one at a time for each direction, the rest in a FIFO
 *              3 encoded    {@link io.iocp.engine.EngineLoop#submit}  SQE, or the list of a selector's loop
 *              4 reaped     {@link io.iocp.engine.EngineLoop#turn}    one system call submits, waits and reaps
 *              5 completed  {@link io.iocp.engine.CompletionSink#completed} status decided, packet made ready
 *              6 run        {@link io.iocp.port.PacketRunner#run}     only after reaping, up to a budget
 *              7 delivered  {@link io.iocp.CompletionHandler#completed}
 * </pre>
 *
 * <p>A post enters at 6 through one queue for the port: {@link io.iocp.CompletionPort#post(Object, Object)}. On a port without
 * a handler 6 puts the packet into a queue instead, and {@link io.iocp.CompletionPort#take()} is 7.
 */
@NullMarked
package io.iocp;

import org.jspecify.annotations.NullMarked;
