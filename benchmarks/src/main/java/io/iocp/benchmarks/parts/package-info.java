/** What the parts of one operation cost, each by itself: micro-benchmarks that JMH runs. */
@NullMarked
package io.iocp.benchmarks.parts;

import org.jspecify.annotations.NullMarked;
