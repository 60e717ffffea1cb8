/** Connections of servers and clients. */
@NullMarked
package io.iocp.spring.connection;

import org.jspecify.annotations.NullMarked;
