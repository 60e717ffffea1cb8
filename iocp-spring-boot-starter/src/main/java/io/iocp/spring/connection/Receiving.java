package io.iocp.spring.connection;

import io.iocp.Connection;

/**
 * Whether a connection receives and its handlers get what it has received: as long as nobody has a reason against it. The only
 * one who pauses and resumes the {@linkplain Connection#receiveContinuously continuous receive}.
 *
 * <p>Thread: as the connection's packets come; who learns of a reason elsewhere posts to the connection.
 */
final class Receiving {
    /** Why nothing is received. */
    enum PauseReason {
        /** More waits to be sent than the high mark, and has not sunk to the low one. */
        OUTBOUND,
        /** A handler has returned a stage that is not complete. */
        PENDING_REPLY,
        /** The application has asked for it. */
        APPLICATION,
        /** All connections together hold as much memory as they may. */
        MEMORY,
        /** The handler was stopped. */
        HANDLER_STOPPED;

        private int bit() {
            return 1 << ordinal();
        }
    }

    private final Connection connection;
    /** A bit for each reason. */
    private int reasons;

    Receiving(Connection connection) {
        this.connection = connection;
    }

    void pause(PauseReason reason) {
        int before = reasons;
        reasons |= reason.bit();
        if (before == 0) {
            connection.pauseReceiving();
        }
    }

    /** What was kept meanwhile goes to its handlers at the end of the present packet. Does nothing if it was not paused for this. */
    void resume(PauseReason reason) {
        int before = reasons;
        reasons &= ~reason.bit();
        if (before != 0 && reasons == 0) {
            connection.resumeReceiving();
        }
    }

    boolean isPaused() {
        return reasons != 0;
    }

    boolean isPaused(PauseReason reason) {
        return (reasons & reason.bit()) != 0;
    }
}
