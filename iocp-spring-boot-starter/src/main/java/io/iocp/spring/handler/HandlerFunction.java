package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import org.jspecify.annotations.Nullable;

/**
 * A handler that is no annotated method: what the application {@linkplain HandlerRegistry#register registers} itself.
 *
 * <p>Thread: workers; the packets of one connection come one at a time.
 */
@FunctionalInterface
public interface HandlerFunction {

    /**
     * Handles one packet or event.
     *
     * @param exchange of the server's or client's connection; null for a channel and for a whole port
     * @param packet null for an event
     * @return what is sent to the connection, as with an annotated method; null for nothing
     * @throws Exception anything: it goes to the error handlers
     */
    @Nullable
    Object handle(@Nullable Exchange exchange, @Nullable OverlappedIO packet) throws Exception;
}
