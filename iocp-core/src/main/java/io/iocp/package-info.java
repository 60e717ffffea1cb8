/** The completion port: start I/O operations on handles, and run or take their completion packets. */
@NullMarked
package io.iocp;

import org.jspecify.annotations.NullMarked;
