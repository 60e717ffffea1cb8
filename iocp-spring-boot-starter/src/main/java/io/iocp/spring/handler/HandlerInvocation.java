package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import org.jspecify.annotations.Nullable;

/**
 * A handler method with its bean and all that takes its arguments out of a packet, behind one fixed signature.
 *
 * <p>Thread: workers; the packets of one connection come one at a time.
 */
@FunctionalInterface
public interface HandlerInvocation {

    /**
     * Calls the method.
     *
     * @param exchange of the server's or client's connection; null for a channel and for a whole port
     * @param packet null for an event
     * @return what the method returns
     * @throws Throwable what the method throws
     */
    @Nullable
    Object invoke(@Nullable Exchange exchange, @Nullable OverlappedIO packet) throws Throwable;
}
