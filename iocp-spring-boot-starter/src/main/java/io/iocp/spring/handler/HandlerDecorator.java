package io.iocp.spring.handler;

/**
 * Puts something around the calls of handlers: an observation, a logging context, a transaction. Beans of this type are asked for
 * every handler, once, when it is bound at start-up; the first of them in order is the outermost.
 */
@FunctionalInterface
public interface HandlerDecorator {

    /**
     * What is called in place of {@code call}, and calls it; or {@code call} itself for a handler that nothing is put around.
     *
     * @param call throws what the method throws; what it returns has not been sent yet
     */
    HandlerInvocation decorate(HandlerEndpoint handler, HandlerInvocation call);
}
