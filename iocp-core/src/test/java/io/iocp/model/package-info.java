/** Random programs against a port, and the rules that every program must find kept. */
@NullMarked
package io.iocp.model;

import org.jspecify.annotations.NullMarked;
