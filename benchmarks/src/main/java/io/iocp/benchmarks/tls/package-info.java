/** TLS servers of the port and of its peers. */
@NullMarked
package io.iocp.benchmarks.tls;

import org.jspecify.annotations.NullMarked;
