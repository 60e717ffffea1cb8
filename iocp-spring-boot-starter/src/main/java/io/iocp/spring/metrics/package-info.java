/** Meters of completion ports, their servers and handlers. */
@NullMarked
package io.iocp.spring.metrics;

import org.jspecify.annotations.NullMarked;
