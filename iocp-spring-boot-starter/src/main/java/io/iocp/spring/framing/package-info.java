/** How the bytes of a connection are cut into frames, and frames are made into bytes. Nothing here does any input or output. */
@NullMarked
package io.iocp.spring.framing;

import org.jspecify.annotations.NullMarked;
