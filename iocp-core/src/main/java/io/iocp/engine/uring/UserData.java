package io.iocp.engine.uring;

/**
 * The 64 bits that come back with a completion: a slot (low half) and the generation of the slot's use (high half).
 *
 * <p>The generation tells a late completion of an earlier use from one of the present use. Negative slots name requests
 * that belong to no operation.
 */
final class UserData {
    private UserData() {}

    static long of(int slot, int generation) {
        return (long) generation << 32 | (slot & 0xffff_ffffL);
    }

    static int slot(long userData) {
        return (int) userData;
    }

    static int generation(long userData) {
        return (int) (userData >>> 32);
    }
}
