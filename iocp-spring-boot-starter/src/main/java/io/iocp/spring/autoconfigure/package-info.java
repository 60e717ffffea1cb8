/** Wiring of the completion port, its handlers and its servers from properties. */
@NullMarked
package io.iocp.spring.autoconfigure;

import org.jspecify.annotations.NullMarked;
