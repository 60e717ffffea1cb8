/** Auto-configuration of observations. */
@NullMarked
package io.iocp.spring.autoconfigure.observation;

import org.jspecify.annotations.NullMarked;
