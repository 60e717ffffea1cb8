/** Posts from one and from four threads to two workers, through a port and through what the JDK has for it. */
@NullMarked
package io.iocp.benchmarks.posts;

import org.jspecify.annotations.NullMarked;
