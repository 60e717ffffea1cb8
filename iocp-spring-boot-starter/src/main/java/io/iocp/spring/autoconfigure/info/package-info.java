/** Wiring of the info contributor. */
@NullMarked
package io.iocp.spring.autoconfigure.info;

import org.jspecify.annotations.NullMarked;
