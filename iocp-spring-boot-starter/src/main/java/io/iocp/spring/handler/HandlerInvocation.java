package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import org.jspecify.annotations.Nullable;

/** A handler method with its bean and all that takes its arguments out of a packet, behind one fixed signature. */
interface HandlerInvocation {

    @Nullable
    Object invoke(@Nullable Exchange exchange, OverlappedIO packet) throws Throwable;
}
