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
        OUTBOUND(false),
        /** A handler has returned a stage that is not complete. */
        PENDING_REPLY(true),
        /** The application has asked for it. */
        APPLICATION(true),
        /** The handler was stopped. */
        HANDLER_STOPPED(false);

        /** Whether receiving may go on until something has come, since often nothing does before the reason is gone. */
        private final boolean untilHeld;

        PauseReason(boolean untilHeld) {
            this.untilHeld = untilHeld;
        }

        private int bit() {
            return 1 << ordinal();
        }
    }

    private final Connection connection;
    /** A bit for each reason. */
    private int reasons;

    private boolean stopped;

    Receiving(Connection connection) {
        this.connection = connection;
    }

    void pause(PauseReason reason) {
        reasons |= reason.bit();
        if (!reason.untilHeld) {
            stop();
        }
    }

    /** Something has come that cannot go to its handler now: nothing more shall come. */
    void held() {
        if (reasons != 0) {
            stop();
        }
    }

    private void stop() {
        if (!stopped) {
            stopped = true;
            connection.pauseReceiving();
        }
    }

    /** What was kept meanwhile goes to its handlers at the end of the present packet. Does nothing if it was not paused for this. */
    void resume(PauseReason reason) {
        reasons &= ~reason.bit();
        if (reasons == 0 && stopped) {
            stopped = false;
            connection.resumeReceiving();
        }
    }

    /** Whether anybody has a reason: nothing that has come should go to a handler. */
    boolean isPaused() {
        return reasons != 0;
    }

    boolean isPaused(PauseReason reason) {
        return (reasons & reason.bit()) != 0;
    }
}
