/** How candidates are measured: processes, rounds in turn, processor time, instructions, load. */
@NullMarked
package io.iocp.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
