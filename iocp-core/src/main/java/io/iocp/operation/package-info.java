/**
 * The data that every floor shares: what an operation is, what it works on, how it ended. Nothing here starts a thread or
 * makes a system call.
 */
@NullMarked
package io.iocp.operation;

import org.jspecify.annotations.NullMarked;
