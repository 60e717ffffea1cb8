/** TCP servers on a completion port: accept, receive, reply, drain. */
@NullMarked
package io.iocp.spring.server;

import org.jspecify.annotations.NullMarked;
