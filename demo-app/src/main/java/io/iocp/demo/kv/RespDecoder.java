package io.iocp.demo.kv;

import io.iocp.spring.framing.FrameDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of one connection into commands: arrays of bulk strings and inline commands, as RESP2 has them.
 *
 * <p>It may be fed any fragments, a single byte at a time included, and never looks at a byte twice: what belongs to
 * an unfinished command is kept here, so that a received buffer can always be given back. Every argument is copied
 * once, out of the received buffer into an array of its own length; only an argument that spans received buffers is
 * copied again while it grows. Memory follows what really arrived, never what a peer merely announced.
 *
 * <p>Next: {@link KvSession#run}.
 *
 * <p>Thread: one at a time.
 */
final class RespDecoder implements FrameDecoder<Request> {

    /** The longest argument. */
    static final int BULK_BYTES_MAX = 64 << 20;
    /** The most arguments of one command. */
    static final int ARGUMENTS_MAX = 1024 * 1024;
    /** The longest line of an inline command, its end not counted. */
    static final int INLINE_BYTES_MAX = 64 << 10;
    /** The most bytes of all arguments of one command: a million arguments of 64 MiB would be no limit at all. */
    static final int COMMAND_BYTES_MAX = 256 << 20;

    private static final byte[] EMPTY = {};
    private static final int FIRST_ARGUMENTS = 16;
    private static final int FIRST_PARTIAL_BYTES = 64;

    private enum State {
        START,
        INLINE,
        COUNT,
        BULK_MARK,
        BULK_LENGTH,
        BULK,
        BULK_END
    }

    private State state = State.START;

    /** The arguments of the command that is being read or, after {@link #next}, of the one that is complete. */
    private byte[][] arguments = new byte[0][];

    private int expected;
    private int present;
    private int commandBytes;

    private int bulkLength;
    /** The argument that is being read, once part of it arrived in an earlier buffer; or the line of that kind. */
    private byte @Nullable [] partial;

    private int partialLength;
    private int endBytes;

    private long number;
    private int digits;
    private boolean negative;
    private boolean numberEnded;

    /** Consumed since the last frame. */
    private int consumed;

    private boolean broken;

    /** The next command; or once, what is wrong with these bytes, after which everything is swallowed. */
    @Override
    public @Nullable Request decode(ByteBuffer in) {
        int from = in.position();
        Request request = null;
        try {
            if (broken) {
                in.position(in.limit());
            } else if (next(in)) {
                request = new Request(arguments(), null, consumed + in.position() - from);
            }
        } catch (ProtocolError error) {
            broken = true;
            in.position(in.limit());
            request = Request.of(error, consumed + in.position() - from);
        }
        consumed = request == null ? consumed + in.position() - from : 0;
        return request;
    }

    @Override
    public boolean partial() {
        return state != State.START;
    }

    /**
     * Reads on to the end of the next command, or to the end of the buffer.
     *
     * @return whether a command is complete, to be fetched with {@link #arguments()}; {@code false} means that the
     *     buffer is used up
     * @throws ProtocolError if these bytes are no RESP; nothing can be read from this connection after that
     */
    boolean next(ByteBuffer in) throws ProtocolError {
        while (in.hasRemaining()) {
            switch (state) {
                case START -> {
                    if (in.get(in.position()) == '*') {
                        in.get();
                        beginNumber(State.COUNT);
                    } else {
                        state = State.INLINE;
                    }
                }
                case INLINE -> {
                    if (inline(in)) {
                        return true;
                    }
                }
                case COUNT -> {
                    if (number(in, ARGUMENTS_MAX, "invalid multibulk length")) {
                        beginCommand();
                    }
                }
                case BULK_MARK -> {
                    byte mark = in.get();
                    if (mark != '$') {
                        throw new ProtocolError("expected '$', got '" + (char) (mark & 0xFF) + "'");
                    }
                    beginNumber(State.BULK_LENGTH);
                }
                case BULK_LENGTH -> {
                    if (number(in, BULK_BYTES_MAX, "invalid bulk length")) {
                        beginBulk();
                    }
                }
                case BULK -> bulk(in);
                case BULK_END -> {
                    // Like Redis, these two are counted and not looked at.
                    in.get();
                    if (--endBytes == 0) {
                        if (present == expected) {
                            finishCommand();
                            return true;
                        }
                        state = State.BULK_MARK;
                    }
                }
            }
        }
        return false;
    }

    /** The command that {@link #next} completed: at least one argument, the caller's to keep. */
    byte[][] arguments() {
        byte[][] complete = arguments;
        arguments = new byte[0][];
        return complete;
    }

    private void beginNumber(State of) {
        number = 0;
        digits = 0;
        negative = false;
        numberEnded = false;
        state = of;
    }

    /** Reads a number and the two bytes that end its line; whatever is too large or no digit fails at once. */
    private boolean number(ByteBuffer in, int largest, String failure) throws ProtocolError {
        while (in.hasRemaining()) {
            byte letter = in.get();
            if (numberEnded) {
                return true;
            }
            if (letter == '\r' && digits > 0) {
                numberEnded = true;
            } else if (letter == '-' && digits == 0 && !negative) {
                negative = true;
            } else if (letter >= '0' && letter <= '9' && (digits == 0 || number != 0)) {
                number = number * 10 + (letter - '0');
                digits++;
                if (number > largest) {
                    throw new ProtocolError(failure);
                }
            } else {
                throw new ProtocolError(failure);
            }
        }
        return false;
    }

    private void beginCommand() {
        expected = negative ? 0 : (int) number;
        if (expected == 0) {
            // Redis takes an empty or null array for no command at all, and answers nothing.
            state = State.START;
            return;
        }
        present = 0;
        commandBytes = 0;
        arguments = new byte[Math.min(expected, FIRST_ARGUMENTS)][];
        state = State.BULK_MARK;
    }

    private void beginBulk() throws ProtocolError {
        if (negative) {
            throw new ProtocolError("invalid bulk length");
        }
        bulkLength = (int) number;
        if (bulkLength > COMMAND_BYTES_MAX - commandBytes) {
            throw new ProtocolError("too big command");
        }
        commandBytes += bulkLength;
        if (bulkLength == 0) {
            endBulk(EMPTY);
        } else {
            state = State.BULK;
        }
    }

    private void bulk(ByteBuffer in) {
        byte[] begun = partial;
        if (begun == null && in.remaining() >= bulkLength) {
            byte[] whole = new byte[bulkLength];
            in.get(whole);
            endBulk(whole);
            return;
        }
        int missing = bulkLength - partialLength;
        appendPartial(in, Math.min(in.remaining(), missing), bulkLength);
        if (partialLength == bulkLength && partial != null) {
            // It grew up to its announced length and is full, hence exactly as long.
            byte[] whole = partial;
            partial = null;
            partialLength = 0;
            endBulk(whole);
        }
    }

    private void endBulk(byte[] argument) {
        if (present == arguments.length) {
            arguments = Arrays.copyOf(arguments, (int) Math.min(expected, arguments.length * 2L));
        }
        arguments[present++] = argument;
        endBytes = 2;
        state = State.BULK_END;
    }

    private void finishCommand() {
        if (arguments.length != expected) {
            arguments = Arrays.copyOf(arguments, expected);
        }
        state = State.START;
    }

    /** Keeps the next {@code length} bytes, in an array that at most doubles with what arrives. */
    private void appendPartial(ByteBuffer in, int length, int longest) {
        int needed = partialLength + length;
        byte[] kept = partial;
        if (kept == null) {
            kept = new byte[Math.min(longest, Math.max(FIRST_PARTIAL_BYTES, needed))];
        } else if (needed > kept.length) {
            kept = Arrays.copyOf(kept, (int) Math.min(longest, Math.max(needed, kept.length * 2L)));
        }
        in.get(kept, partialLength, length);
        partialLength = needed;
        partial = kept;
    }

    private boolean inline(ByteBuffer in) throws ProtocolError {
        int start = in.position();
        int room = INLINE_BYTES_MAX - partialLength;
        int end = start;
        while (end < in.limit() && in.get(end) != '\n') {
            if (end++ - start == room) {
                throw new ProtocolError("too big inline request");
            }
        }
        boolean complete = end < in.limit();
        appendPartial(in, end - start, INLINE_BYTES_MAX);
        if (!complete) {
            return false;
        }
        in.get();
        byte[] line = partial == null ? EMPTY : partial;
        int length = partialLength;
        partial = null;
        partialLength = 0;
        state = State.START;
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        arguments = split(line, length);
        return arguments.length > 0;
    }

    /** Splits a line at blanks, with quoting as in Redis: "…" knows escapes, '…' only the escaped quote. */
    private static byte[][] split(byte[] line, int length) throws ProtocolError {
        List<byte[]> words = new ArrayList<>();
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            while (at < length && isBlank(line[at])) {
                at++;
            }
            if (at == length) {
                return words.toArray(new byte[0][]);
            }
            word.reset();
            while (at < length && !isBlank(line[at])) {
                byte letter = line[at++];
                if (letter == '"' || letter == '\'') {
                    at = quoted(line, at, length, letter, word);
                } else {
                    word.write(letter);
                }
            }
            words.add(word.toByteArray());
        }
    }

    /** Reads up to the closing quote and returns where the line goes on: at a blank or at its end. */
    private static int quoted(byte[] line, int from, int length, byte quote, ByteArrayOutputStream word)
            throws ProtocolError {
        int at = from;
        while (at < length) {
            byte letter = line[at++];
            if (letter == quote) {
                if (at < length && !isBlank(line[at])) {
                    break;
                }
                return at;
            }
            if (letter != '\\' || at == length) {
                word.write(letter);
            } else if (quote == '\'') {
                if (line[at] == '\'') {
                    at++;
                    word.write('\'');
                } else {
                    word.write('\\');
                }
            } else if (line[at] == 'x' && at + 2 < length && hex(line[at + 1]) >= 0 && hex(line[at + 2]) >= 0) {
                word.write((hex(line[at + 1]) << 4) | hex(line[at + 2]));
                at += 3;
            } else {
                word.write(escaped(line[at++]));
            }
        }
        throw new ProtocolError("unbalanced quotes in request");
    }

    private static int escaped(byte letter) {
        return switch (letter) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> letter;
        };
    }

    private static int hex(byte letter) {
        return letter < 0 ? -1 : Character.digit((char) letter, 16);
    }

    private static boolean isBlank(byte letter) {
        return letter == ' ' || (letter >= '\t' && letter <= '\r');
    }
}
