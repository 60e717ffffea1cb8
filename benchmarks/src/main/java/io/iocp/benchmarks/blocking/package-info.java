/** Servers whose handlers sleep now and then. */
@NullMarked
package io.iocp.benchmarks.blocking;

import org.jspecify.annotations.NullMarked;
