/** Wiring of the Actuator endpoints. */
@NullMarked
package io.iocp.spring.autoconfigure.actuate;

import org.jspecify.annotations.NullMarked;
