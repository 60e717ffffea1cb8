/** The echo service: the shortest handler there is. */
@NullMarked
package io.iocp.demo.echo;

import org.jspecify.annotations.NullMarked;
