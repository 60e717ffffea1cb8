/** Health of completion ports and servers. */
@NullMarked
package io.iocp.spring.health;

import org.jspecify.annotations.NullMarked;
