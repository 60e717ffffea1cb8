package io.iocp.engine;

/**
 * Where engines may differ; in everything else they behave the same.
 *
 * @param name {@code io_uring}, {@code nio} or {@code simulated}
 * @param completionBased true if the kernel completes operations itself, false if readiness is turned into completions here
 * @param multishot true if one kernel request serves many accepts or receives
 * @param providedBuffers true if the kernel picks a buffer only when bytes are there
 * @param sockets true if its endpoints are sockets of the machine, which other programs can reach; false if they exist only in
 *     a simulated network
 * @param changesHolder true if a shard's loop may go to another thread while a handler keeps the one that had it; if not, a
 *     handler that blocks without saying so holds up its shard
 * @param allocatesFiles true if a part of a file can be given its place on the disk before it is written
 */
public record EngineCapabilities(
        String name,
        boolean completionBased,
        boolean multishot,
        boolean providedBuffers,
        boolean sockets,
        boolean changesHolder,
        boolean allocatesFiles) {}
