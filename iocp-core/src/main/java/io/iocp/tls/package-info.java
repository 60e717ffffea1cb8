/** TLS without any input or output: bytes in, bytes out. */
@NullMarked
package io.iocp.tls;

import org.jspecify.annotations.NullMarked;
