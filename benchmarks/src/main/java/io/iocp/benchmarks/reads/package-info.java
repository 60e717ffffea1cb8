/** Random reads of a file. */
@NullMarked
package io.iocp.benchmarks.reads;

import org.jspecify.annotations.NullMarked;
