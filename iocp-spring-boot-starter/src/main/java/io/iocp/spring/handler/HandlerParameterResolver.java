package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;

/**
 * Knows where the value of a handler method's parameter comes from. Beans of this type are asked in their order, once for each
 * parameter, when the method is bound at start-up; before anything that the library knows itself, so that they can take over
 * parameters of any type: look for an annotation or a type of your own.
 */
@FunctionalInterface
public interface HandlerParameterResolver {

    /** Gives the value for a call. Thread: workers, several at once. */
    @FunctionalInterface
    interface Source {
        /**
         * The value of the parameter, of its type.
         *
         * @param exchange of the server's or client's connection; null for a channel and for a whole port
         * @param packet null for an event
         * @throws Exception is as if the method had thrown it
         */
        @Nullable
        Object value(@Nullable Exchange exchange, @Nullable OverlappedIO packet) throws Exception;
    }

    /**
     * Where the value comes from; null if the parameter is none of its own.
     *
     * @param parameter with its name, generic type and annotations
     */
    @Nullable
    Source resolve(MethodParameter parameter, HandlerEndpoint handler);
}
