/** Tests of an application's handlers: a slice of it, a blocking client of its servers, and a network that only looks real. */
@NullMarked
package io.iocp.spring.test;

import org.jspecify.annotations.NullMarked;
