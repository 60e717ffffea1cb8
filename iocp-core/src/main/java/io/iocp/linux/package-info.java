/**
 * The Linux system calls that the engines need, as plain Java.
 *
 * <p>{@link io.iocp.linux.Linux#open()} says whether they can be called here and why not; {@link io.iocp.linux.Libc} is
 * the list of calls; {@link io.iocp.linux.FfmLibc} is the only class that uses the Foreign Function &amp; Memory linker.
 * Everything here knows the operating system and nothing about completion ports.
 */
@NullMarked
package io.iocp.linux;

import org.jspecify.annotations.NullMarked;
