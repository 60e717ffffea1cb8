/** Wiring of the health indicator. */
@NullMarked
package io.iocp.spring.autoconfigure.health;

import org.jspecify.annotations.NullMarked;
