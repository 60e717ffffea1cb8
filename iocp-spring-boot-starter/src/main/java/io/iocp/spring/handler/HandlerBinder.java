package io.iocp.spring.handler;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes described handlers callable: arguments, result, what is put around the call and who is asked when it fails.
 *
 * <p>Thread: any.
 */
final class HandlerBinder {
    private final HandlerSupport support;
    private final Map<String, HandlerEndpoint> namedErrorHandlers = new ConcurrentHashMap<>();

    HandlerBinder(HandlerSupport support) {
        this.support = support;
    }

    /**
     * Binds a handler.
     *
     * @param frameType what the target's frames are, null for none
     * @throws InvalidHandlerException if a parameter or the result cannot be dealt with
     */
    HandlerBinding bind(HandlerEndpoint handler, @Nullable Class<?> frameType) {
        ReturnValues returnValues = new ReturnValues(handler, support.encoders().get());
        HandlerFunction function = handler.function();
        HandlerInvocation call;
        ReturnValue returned;
        boolean seesTheEnd = true;
        if (function != null) {
            call = function::handle;
            returned = handler.target().hasExchange() ? returnValues.ofAnything() : ReturnValue.nothing();
        } else {
            Method method = handler.method();
            HandlerParameters parameters = new HandlerParameters(
                    handler, method, frameType, support.parameters().get());
            returned = returnValues.of(method);
            call = HandlerMethodInvoker.bind(handler.bean(), method, parameters);
            seesTheEnd = parameters.showTheEnd();
        }
        List<HandlerDecorator> decorators = support.decorators().get();
        for (HandlerDecorator decorator : decorators.reversed()) {
            call = decorator.decorate(handler, call);
        }
        return new HandlerBinding(call, returned, seesTheEnd, errorHandlersOf(handler));
    }

    /** Error handlers that are named are those of the handlers that name them, and nobody else's. */
    void named(HandlerEndpoint handler) {
        if (!handler.errorHandlerName().isEmpty()) {
            namedErrorHandlers.putIfAbsent(handler.errorHandlerName(), handler);
        }
    }

    private List<CompletionErrorHandler> errorHandlersOf(HandlerEndpoint handler) {
        List<CompletionErrorHandler> all = new ArrayList<>();
        CompletionErrorHandler own = handler.errorHandler();
        if (own != null) {
            all.add(own);
        } else if (!handler.errorHandlerName().isEmpty()) {
            all.add(errorHandler(handler.errorHandlerName(), handler));
        }
        List<CompletionErrorHandler> named = new ArrayList<>();
        namedErrorHandlers.forEach((name, by) -> named.add(errorHandler(name, by)));
        for (CompletionErrorHandler general : support.errorHandlers().get()) {
            if (!named.contains(general)) {
                all.add(general);
            }
        }
        return List.copyOf(all);
    }

    private CompletionErrorHandler errorHandler(String name, HandlerEndpoint by) {
        try {
            return support.errorHandler().apply(name);
        } catch (RuntimeException e) {
            InvalidHandlerException invalid = new InvalidHandlerException(
                    "The " + by + " names the error handler '" + name + "', which cannot be had: " + e.getMessage(),
                    "Declare a bean of that name and of the type CompletionErrorHandler.");
            invalid.initCause(e);
            throw invalid;
        }
    }
}
