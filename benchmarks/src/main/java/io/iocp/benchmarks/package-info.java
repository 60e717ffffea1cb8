/**
 * The completion port side by side with its peers: servers that all do the same work, each in a process of its own, one load
 * generator, and programs that run them in turn and write what they saw.
 */
@NullMarked
package io.iocp.benchmarks;

import org.jspecify.annotations.NullMarked;
