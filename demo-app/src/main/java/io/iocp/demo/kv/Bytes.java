package io.iocp.demo.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A binary-safe key: a byte sequence with its hash computed once.
 *
 * <p>The bytes are shared with the caller, not copied; whoever makes a key gives its array away.
 *
 * <p>The hash is seeded per process, so that a client cannot choose keys that all fall into one bucket; where
 * a map has to order keys of equal hash nevertheless, it can, because keys are comparable.
 *
 * <p>Thread: any.
 */
public final class Bytes implements Comparable<Bytes> {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final long SEED = new SplittableRandom().nextLong();

    private final byte[] bytes;
    private final int hash;

    private Bytes(byte[] bytes) {
        this.bytes = bytes;
        this.hash = hash(bytes);
    }

    /** A key of these bytes, which must not change any more. */
    public static Bytes of(byte[] bytes) {
        return new Bytes(bytes);
    }

    /** A key of the UTF-8 form of a text. */
    public static Bytes of(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The bytes themselves, not a copy: read only. */
    public byte[] array() {
        return bytes;
    }

    private static int hash(byte[] bytes) {
        long mixed = SEED ^ bytes.length;
        int at = 0;
        for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
            mixed = mix(mixed ^ (long) LONGS.get(bytes, at));
        }
        long tail = 0;
        for (; at < bytes.length; at++) {
            tail = (tail << Byte.SIZE) | (bytes[at] & 0xFF);
        }
        mixed = mix(mixed ^ tail);
        return (int) (mixed ^ (mixed >>> Integer.SIZE));
    }

    /** Folds the 128-bit product, so that every bit of the input reaches both ends of the hash. */
    private static long mix(long value) {
        long keyed = value ^ SEED;
        return (keyed * MULTIPLIER) ^ Math.multiplyHigh(keyed, MULTIPLIER);
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof Bytes that && hash == that.hash && Arrays.equals(bytes, that.bytes));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
