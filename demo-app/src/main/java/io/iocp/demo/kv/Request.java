package io.iocp.demo.kv;

import org.jspecify.annotations.Nullable;

/**
 * A frame of RESP: a command, or that there will be none any more, because what was received is no RESP.
 *
 * @param arguments of the command, at least one; none of an error
 * @param error what is wrong; null for a command
 * @param bytes it took on the wire, with what came before it and asked for nothing
 */
@SuppressWarnings("ArrayRecordComponent") // the arguments are the command's to keep
record Request(byte[][] arguments, @Nullable String error, int bytes) {
    private static final byte[][] NONE = {};

    static Request of(ProtocolError error, int bytes) {
        return new Request(NONE, error.getMessage(), bytes);
    }
}
