/** What an application writes on its methods to get completion packets. */
@NullMarked
package io.iocp.spring.annotation;

import org.jspecify.annotations.NullMarked;
