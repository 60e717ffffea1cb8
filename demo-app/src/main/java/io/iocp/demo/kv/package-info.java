/**
 * The {@code kv} service: a key-value server that speaks RESP2, the protocol of Redis.
 *
 * <p>Try it with
 *
 * <pre>
 * redis-cli -p 6380 set greeting hello
 * redis-cli -p 6380 get greeting
 * redis-benchmark -p 6380 -q -t get,set -P 16
 * </pre>
 *
 * <p>The path of one command, none of which does I/O; bytes come in, bytes go out, time is passed in:
 *
 * <pre>
 * bytes received → {@link io.iocp.demo.kv.KvSession#received}
 *               → {@link io.iocp.demo.kv.RespDecoder#next}         arguments
 *               → {@link io.iocp.demo.kv.KvCommands#execute}       command, arity, locks
 *               → {@link io.iocp.demo.kv.KvStore}                  the data
 *               → {@link io.iocp.demo.kv.RespWriter#take}          one buffer of replies to send
 * </pre>
 */
@NullMarked
package io.iocp.demo.kv;

import org.jspecify.annotations.NullMarked;
