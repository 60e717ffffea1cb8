package io.iocp.engine;

/**
 * Sizes of one engine loop.
 *
 * @param submissionEntries entries of the submission queue, a power of two. Engines: io_uring. When it is full the loop
 *     submits and goes on
 * @param completionEntries entries of the completion queue, a power of two. Engines: io_uring. When it is full the kernel
 *     keeps what does not fit, and nothing is lost
 * @param receiveBuffers receive buffers for each size in use, a power of two. When all are taken, receives wait until one
 *     comes back; nothing is lost
 */
public record LoopOptions(int submissionEntries, int completionEntries, int receiveBuffers) {}
