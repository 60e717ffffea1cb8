package io.iocp.demo.kv;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a log into its commands, and tells one that merely ends too early, as a crash leaves it, from one that is corrupt.
 *
 * <p>Unlike a client's bytes every byte is checked, since nobody would notice otherwise.
 *
 * <p>Thread: one at a time.
 */
final class LogReader {

    /** The name of a command has no more letters. */
    private static final int NAME_BYTES_MAX = 32;
    /** A number has no more digits: what it counts must fit into an array. */
    private static final int DIGITS_MAX = 9;

    private final MemorySegment log;
    private long at;
    private long whole;

    /** The bytes end here, in the middle of a command. */
    private static final class Cut extends Exception {
        private static final long serialVersionUID = 1;

        private Cut() {
            super("cut", null, false, false);
        }
    }

    LogReader(MemorySegment log) {
        this(log, 0);
    }

    private LogReader(MemorySegment log, long from) {
        this.log = log;
        at = from;
        whole = from;
    }

    /** The offset behind the last command that {@link #next} returned. */
    long whole() {
        return whole;
    }

    /**
     * The next command.
     *
     * @return null if no whole one follows: what there is behind {@link #whole} is the beginning of one, or nothing
     * @throws CorruptLogException if the bytes cannot be the beginning of a command
     */
    byte @Nullable [][] next() throws CorruptLogException {
        at = whole;
        if (at == log.byteSize()) {
            return null;
        }
        try {
            byte[][] command = command();
            whole = at;
            return command;
        } catch (Cut cut) {
            return null;
        }
    }

    /**
     * Whether what is left over, which cannot be read as a whole command, has a whole one further on. A crash leaves no such
     * thing; a damaged length does, for it makes everything behind it look like one argument that was not written to its end.
     */
    boolean hasCommandBehindTheCut(Predicate<byte[]> isCommand) {
        for (long from = whole + 1; from < log.byteSize() - 2; from++) {
            if (log.get(JAVA_BYTE, from) == '*' && log.get(JAVA_BYTE, from - 1) == '\n') {
                try {
                    byte @Nullable [][] command = new LogReader(log, from).next();
                    if (command != null && isCommand.test(command[0])) {
                        return true;
                    }
                } catch (CorruptLogException none) {
                    // Go on looking.
                }
            }
        }
        return false;
    }

    private byte[][] command() throws Cut, CorruptLogException {
        if (log.get(JAVA_BYTE, at) == 0) {
            checkAllZero();
        }
        expect('*');
        int count = number();
        if (count == 0) {
            throw new CorruptLogException(at, whole, "a command of no arguments");
        }
        List<byte[]> arguments = new ArrayList<>();
        for (int argument = 0; argument < count; argument++) {
            expect('$');
            int length = number();
            if (argument == 0 && (length == 0 || length > NAME_BYTES_MAX)) {
                throw new CorruptLogException(at, whole, "no command has a name of " + length + " bytes");
            }
            if (length > RespDecoder.BULK_BYTES_MAX) {
                throw new CorruptLogException(at, whole, "no argument has " + length + " bytes");
            }
            if (length > log.byteSize() - at) {
                throw new Cut();
            }
            arguments.add(log.asSlice(at, length).toArray(JAVA_BYTE));
            at += length;
            expect('\r');
            expect('\n');
        }
        return arguments.toArray(byte[][]::new);
    }

    /** Some file systems leave zeros where bytes were to be written when the power failed. */
    private void checkAllZero() throws Cut, CorruptLogException {
        for (long zero = at; zero < log.byteSize(); zero++) {
            if (log.get(JAVA_BYTE, zero) != 0) {
                throw new CorruptLogException(at, whole, "zeros, and then something else");
            }
        }
        throw new Cut();
    }

    private int number() throws Cut, CorruptLogException {
        int value = 0;
        int digits = 0;
        while (true) {
            if (at == log.byteSize()) {
                throw new Cut();
            }
            byte letter = log.get(JAVA_BYTE, at);
            if (letter == '\r' && digits > 0) {
                expect('\r');
                expect('\n');
                return value;
            }
            if (letter < '0' || letter > '9' || digits == DIGITS_MAX || (digits > 0 && value == 0)) {
                throw new CorruptLogException(at, whole, "no number: " + shown(letter));
            }
            value = value * 10 + (letter - '0');
            digits++;
            at++;
        }
    }

    private void expect(char expected) throws Cut, CorruptLogException {
        if (at == log.byteSize()) {
            throw new Cut();
        }
        byte letter = log.get(JAVA_BYTE, at);
        if (letter != expected) {
            throw new CorruptLogException(at, whole, "expected " + shown((byte) expected) + ", found " + shown(letter));
        }
        at++;
    }

    private static String shown(byte letter) {
        return letter > ' ' && letter < 127 ? "'" + (char) letter + "'" : String.format("0x%02x", letter);
    }
}
