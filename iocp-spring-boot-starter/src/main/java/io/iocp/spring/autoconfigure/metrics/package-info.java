/** Wiring of the meters, where there is a registry. */
@NullMarked
package io.iocp.spring.autoconfigure.metrics;

import org.jspecify.annotations.NullMarked;
