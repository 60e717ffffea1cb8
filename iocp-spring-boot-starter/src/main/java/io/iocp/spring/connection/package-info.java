/** One connection of a server or a client: its packets to handlers, their results to the peer, its limits and its end. */
@NullMarked
package io.iocp.spring.connection;

import org.jspecify.annotations.NullMarked;
