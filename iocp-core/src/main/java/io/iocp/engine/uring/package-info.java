/**
 * The io_uring engine: one ring for each loop, driven by raw system calls.
 *
 * <p>From the bottom: {@link io.iocp.engine.uring.UringAbi} has the kernel's numbers and layouts; {@link
 * io.iocp.engine.uring.Ring} maps a ring and enters the kernel, with its {@link io.iocp.engine.uring.SubmissionQueue}, {@link
 * io.iocp.engine.uring.CompletionQueue} and {@link io.iocp.engine.uring.BufferRing}; {@link io.iocp.engine.uring.SqeEncoder}
 * writes requests; {@link io.iocp.engine.uring.UringFeatures} finds out whether all that works on this machine. None of these
 * knows an operation of ours, and each is tested alone.
 */
@NullMarked
package io.iocp.engine.uring;

import org.jspecify.annotations.NullMarked;
