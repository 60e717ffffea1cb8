package io.iocp.engine;

/**
 * Where engines may differ; in everything else they behave the same.
 *
 * @param name {@code io_uring} or {@code nio}
 * @param completionBased true if the kernel completes operations itself, false if readiness is turned into completions here
 * @param multishot true if one kernel request serves many accepts or receives
 * @param providedBuffers true if the kernel picks a buffer only when bytes are there
 */
public record EngineCapabilities(String name, boolean completionBased, boolean multishot, boolean providedBuffers) {}
