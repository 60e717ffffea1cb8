package io.iocp.benchmarks.echo;

/**
 * Where messages begin in what one connection receives, however TCP cut it into pieces.
 *
 * <p>Thread: the handler of the connection.
 */
public final class MessageCursor {
    /** Bytes that are still to come of the message before the next. */
    private int rest;

    /** Offset of the first message that begins in the next bytes; beyond their end if none does. */
    public int first() {
        return rest;
    }

    /** So many bytes were dealt with. */
    public void passed(int bytes) {
        rest = Math.floorMod(rest - bytes, Message.BYTES);
    }
}
