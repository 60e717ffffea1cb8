package io.iocp.spring.handler;

import java.util.List;

/**
 * A handler, ready to be called.
 *
 * @param seesTheEnd whether it wants the last packet of a connection too, which has no data
 * @param errorHandlers in the order in which they are asked
 */
record HandlerBinding(
        HandlerInvocation invocation,
        ReturnValue returnValue,
        boolean seesTheEnd,
        List<CompletionErrorHandler> errorHandlers) {}
