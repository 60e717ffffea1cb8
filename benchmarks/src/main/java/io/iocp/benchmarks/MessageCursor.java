package io.iocp.benchmarks;

/**
 * Where messages begin in what one connection receives, however TCP cut it into pieces.
 *
 * <p>Thread: the handler of the connection.
 */
final class MessageCursor {
    /** Bytes that are still to come of the message before the next. */
    private int rest;

    /** Offset of the first message that begins in the next bytes; beyond their end if none does. */
    int first() {
        return rest;
    }

    /** So many bytes were dealt with. */
    void passed(int bytes) {
        rest = Math.floorMod(rest - bytes, Message.BYTES);
    }
}
