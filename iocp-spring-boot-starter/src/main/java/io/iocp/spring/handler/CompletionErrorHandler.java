package io.iocp.spring.handler;

/**
 * Decides what becomes of a connection whose handler has thrown. Beans of this type are asked in their order, for every handler,
 * until one does not say {@link Decision#NEXT}. A bean that handlers name, {@code @IoCompletionHandler(errorHandler = "...")}, is
 * asked for these only, and first. What it sends takes the place of what the handler would have returned: packets and
 * frames that follow are handled behind it.
 *
 * <p>If nobody decides, or for an {@link Error}, the failure is logged and counted, and the connection is closed with the reason
 * {@link CloseReason#HANDLER_FAILED}. So it is if an error handler throws.
 *
 * <p>Thread: the worker that ran the handler, or for a {@code CompletionStage} that has failed the one that runs the connection.
 */
@FunctionalInterface
public interface CompletionErrorHandler {

    /** What becomes of the connection. Without a connection, all but NEXT only say that the failure is dealt with. */
    enum Decision {
        /** Not mine: ask the next one. */
        NEXT,
        /** Goes on as if nothing had been thrown. */
        KEEP,
        /** Is closed once everything sent so far has left. */
        CLOSE_WHEN_SENT,
        /** Is closed at once. */
        CLOSE
    }

    /**
     * Deals with it, or does not.
     *
     * @throws Exception closes the connection; both exceptions are logged
     */
    Decision failed(HandlerFailure failure) throws Exception;
}
