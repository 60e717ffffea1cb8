/**
 * An engine without a kernel, for tests: operations run against a small network in memory, with faults drawn from a seed. A
 * port gets it through {@code PortOptions.simulated}, never by itself.
 *
 * <p>A test makes a {@link io.iocp.engine.simulated.SimulatedNetwork}, opens a port on it, and is the peer: {@link
 * io.iocp.engine.simulated.SimulatedNetwork#connect connect} gives it the other end of a connection. {@link
 * io.iocp.engine.simulated.SimulatedLoop} performs operations much as a ring does: requests have slots and generations,
 * completions come late, out of order among different operations, through a bounded queue that spills.
 */
@NullMarked
package io.iocp.engine.simulated;

import org.jspecify.annotations.NullMarked;
