package io.iocp.demo.kv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Commands in the form in which clients send them (arrays of bulk strings), one behind the other, until they are written to a
 * log. It is a row of blocks, so that nothing large is copied to grow; a command is never divided between two of them.
 *
 * <p>Thread: one at a time.
 */
final class LogBuffer {

    private static final int FIRST_BYTES = 4 << 10;
    /** A block that has reached this is followed by another one. */
    private static final int BLOCK_BYTES = 1 << 20;

    private static final byte[] LINE_END = {'\r', '\n'};

    private final ArrayDeque<Block> full = new ArrayDeque<>();
    private Block last = new Block(0);
    private @Nullable Block spare;
    private @Nullable Block taken;
    private long length;

    private static final class Block {
        byte[] bytes;
        int length;

        Block(int capacity) {
            bytes = new byte[capacity];
        }

        void reserve(int more) {
            if (more > bytes.length - length) {
                long doubled = Math.max(FIRST_BYTES, Math.min(BLOCK_BYTES, bytes.length * 2L));
                bytes = Arrays.copyOf(bytes, (int) Math.max(doubled, (long) length + more));
            }
        }

        void put(byte[] added) {
            System.arraycopy(added, 0, bytes, length, added.length);
            length += added.length;
        }

        void line(char type, long number) {
            bytes[length++] = (byte) type;
            put(Long.toString(number).getBytes(StandardCharsets.US_ASCII));
            put(LINE_END);
        }
    }

    /** How many bytes are in it. */
    long length() {
        return length;
    }

    /** Adds one command. */
    void add(byte[]... command) {
        long size = line(command.length);
        for (byte[] argument : command) {
            size += line(argument.length) + argument.length + LINE_END.length;
        }
        Block block = blockFor(Math.toIntExact(size));
        block.line('*', command.length);
        for (byte[] argument : command) {
            block.line('$', argument.length);
            block.put(argument);
            block.put(LINE_END);
        }
        length += size;
    }

    /** Moves everything out of another buffer to the end of this one. */
    void moveFrom(LogBuffer other) {
        if (other.length == 0) {
            return;
        }
        if (last.length > 0) {
            full.add(last);
        }
        full.addAll(other.full);
        last = other.last;
        length += other.length;
        other.full.clear();
        other.last = new Block(0);
        other.length = 0;
    }

    /** Takes the bytes out that come next, null if there are none. */
    @Nullable
    ByteBuffer take() {
        Block first = full.poll();
        if (first == null) {
            if (last.length == 0) {
                return null;
            }
            first = last;
            last = spare != null ? spare : new Block(0);
            spare = null;
        }
        length -= first.length;
        taken = first;
        return ByteBuffer.wrap(first.bytes, 0, first.length);
    }

    /** Takes the memory back that {@link #take} gave away last, to be used again. */
    void reuse() {
        Block back = taken;
        taken = null;
        if (spare == null && back != null && back.bytes.length <= BLOCK_BYTES) {
            back.length = 0;
            spare = back;
        }
    }

    private Block blockFor(int size) {
        if (last.length >= BLOCK_BYTES || (last.length > 0 && size > BLOCK_BYTES)) {
            full.add(last);
            last = spare != null ? spare : new Block(0);
            spare = null;
        }
        last.reserve(size);
        return last;
    }

    /** The bytes of a line that has one letter and this number. */
    private static int line(int number) {
        int digits = 1;
        for (int rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        return 1 + digits + LINE_END.length;
    }
}
