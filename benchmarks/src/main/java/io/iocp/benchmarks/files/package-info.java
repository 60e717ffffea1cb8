/** The demo application's file server beside nginx. */
@NullMarked
package io.iocp.benchmarks.files;

import org.jspecify.annotations.NullMarked;
