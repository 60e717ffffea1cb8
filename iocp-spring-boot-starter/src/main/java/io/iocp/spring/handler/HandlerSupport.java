package io.iocp.spring.handler;

import io.iocp.spring.framing.FrameEncoder;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the application adds to all handlers. Asked for when the first handler is bound, since handlers are found before all beans
 * are there.
 *
 * @param errorHandler finds the one that a handler names
 */
public record HandlerSupport(
        Supplier<List<HandlerParameterResolver>> parameters,
        Supplier<List<FrameEncoder<?>>> encoders,
        Supplier<List<HandlerDecorator>> decorators,
        Supplier<List<CompletionErrorHandler>> errorHandlers,
        Function<String, CompletionErrorHandler> errorHandler) {

    /** Nothing is added. */
    public static HandlerSupport none() {
        return new HandlerSupport(List::of, List::of, List::of, List::of, name -> {
            throw new IllegalStateException("there is no error handler '" + name + "': there are no beans");
        });
    }
}
