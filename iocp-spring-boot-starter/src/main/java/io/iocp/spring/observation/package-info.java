/** Each call of a handler as an observation of Micrometer's, and what goes with a post from one to the next. */
@NullMarked
package io.iocp.spring.observation;

import org.jspecify.annotations.NullMarked;
