/** Actuator endpoints of completion ports: their state, and what happened recently. */
@NullMarked
package io.iocp.spring.actuate;

import org.jspecify.annotations.NullMarked;
