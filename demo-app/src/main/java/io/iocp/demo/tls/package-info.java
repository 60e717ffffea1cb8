/** The certificates that the application makes for itself, so that its TLS servers work without anything being configured. */
@NullMarked
package io.iocp.demo.tls;

import org.jspecify.annotations.NullMarked;
