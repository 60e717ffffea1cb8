/** TCP clients on a completion port: connections that the application opens and that are kept up. */
@NullMarked
package io.iocp.spring.client;

import org.jspecify.annotations.NullMarked;
