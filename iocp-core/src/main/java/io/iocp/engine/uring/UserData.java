package io.iocp.engine.uring;

/**
 * The 64 bits that come back with a completion: a slot (low half) and the generation of the slot's use (high half).
 *
 * <p>The generation tells a late completion of an earlier use from one of the present use. Negative slots name requests
 * that belong to no operation: cancels, which carry what they cancel, and the wake-up.
 */
final class UserData {
    /** What a completion belongs to. */
    enum Kind {
        /** The request of an operation. */
        REQUEST,
        /** A cancel, which completes only if it failed. */
        CANCEL,
        /** A cancel that completes in any case. */
        REPORTING_CANCEL,
        /** The poll that wakes the loop. */
        WAKE_UP,
        /** The cancel of such a poll that has failed. */
        WAKE_UP_CANCEL
    }

    /** The largest slot that a request may have: its complement without this bit is still told apart. */
    static final int MOST_SLOTS = 1 << 28;

    private static final int REPORTING_BIT = 1 << 30;
    private static final int WAKE_UP_SLOT = Integer.MIN_VALUE;
    private static final int WAKE_UP_CANCEL_SLOT = Integer.MIN_VALUE + 1;

    private UserData() {}

    static long of(int slot, int generation) {
        return (long) generation << 32 | (slot & 0xffff_ffffL);
    }

    /** Of a cancel of the request with this user_data; {@link #cancelled} is the way back. */
    static long ofCancel(long request) {
        return of(~slot(request), generation(request));
    }

    /** Of a cancel that completes also if it succeeds. */
    static long ofReportingCancel(long request) {
        return of(~slot(request) & ~REPORTING_BIT, generation(request));
    }

    /** The request that a cancel was for. */
    static long cancelled(long cancel) {
        return of(~(slot(cancel) | REPORTING_BIT), generation(cancel));
    }

    /** Of a wake-up poll, which is told from others by its number. */
    static long ofWakeUp(int number) {
        return of(WAKE_UP_SLOT, number);
    }

    static long ofWakeUpCancel(long wakeUp) {
        return of(WAKE_UP_CANCEL_SLOT, generation(wakeUp));
    }

    static Kind kind(long userData) {
        int slot = slot(userData);
        if (slot >= 0) {
            return Kind.REQUEST;
        }
        if (slot == WAKE_UP_SLOT) {
            return Kind.WAKE_UP;
        }
        if (slot == WAKE_UP_CANCEL_SLOT) {
            return Kind.WAKE_UP_CANCEL;
        }
        return (slot & REPORTING_BIT) != 0 ? Kind.CANCEL : Kind.REPORTING_CANCEL;
    }

    static int slot(long userData) {
        return (int) userData;
    }

    static int generation(long userData) {
        return (int) (userData >>> 32);
    }
}
