/** From annotated method to running handler: found, described, registered, invoked. */
@NullMarked
package io.iocp.spring.handler;

import org.jspecify.annotations.NullMarked;
