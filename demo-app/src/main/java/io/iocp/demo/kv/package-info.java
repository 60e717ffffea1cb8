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
 * bytes received → {@link io.iocp.demo.kv.RespDecoder#decode}       arguments, a frame of the server
 *               → {@link io.iocp.demo.kv.KvSession#run}            one after the other
 *               → {@link io.iocp.demo.kv.KvCommands#execute}       command, arity, locks
 *               → {@link io.iocp.demo.kv.KvStore}                  the data
 *               → {@link io.iocp.demo.kv.RespWriter#take}          one buffer of replies to send
 * </pre>
 *
 * <p>With {@code demo.kv.append-only=/some/kv.aof} changes survive the server; {@code demo.kv.append-fsync} says how surely:
 * {@code always} (a reply waits for the disk), {@code everysec} (the default) or {@code no}. The path of one change:
 *
 * <pre>
 * command run   → {@link io.iocp.demo.kv.KvStore#changed}          its effect, under the locks of its keys
 *               → {@link io.iocp.demo.kv.AppendOnlyFile#record}    one row of all changes
 *               → {@link io.iocp.demo.kv.LogStream#step}           a write, a sync, never two at once
 *               → {@link io.iocp.demo.kv.PortLogFile}              the file on the completion port
 *               → {@link io.iocp.demo.kv.AppendOnlyFile#await}     who waits is posted to
 *               → {@link io.iocp.demo.kv.KvSession#release}        the replies leave
 * </pre>
 */
@NullMarked
package io.iocp.demo.kv;

import org.jspecify.annotations.NullMarked;
