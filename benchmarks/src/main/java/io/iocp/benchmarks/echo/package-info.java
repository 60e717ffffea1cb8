/** Echo servers of the port and of its peers, and the workloads that ask them. */
@NullMarked
package io.iocp.benchmarks.echo;

import org.jspecify.annotations.NullMarked;
