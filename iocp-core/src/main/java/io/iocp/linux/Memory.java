package io.iocp.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Native memory by absolute address, with the orderings that memory shared with the kernel needs.
 *
 * <p>There is no liveness check: whoever passes an address vouches that it is mapped. Ring code does, because a ring is
 * unmapped only after its last holder has left it. Everything else should use a {@link MemorySegment} of an arena.
 */
@SuppressWarnings("restricted")
public final class Memory {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final VarHandle INT = JAVA_INT.varHandle().withInvokeExactBehavior();
    private static final VarHandle SHORT = JAVA_SHORT.varHandle().withInvokeExactBehavior();
    private static final VarHandle LONG = JAVA_LONG.varHandle().withInvokeExactBehavior();

    /*
     * Opaque where plain would do, and through variable handles at once: plain access by a layout ends in calls that are no
     * intrinsics, fifteen methods deep below a shard's turn, where the compiler inlines no more.
     */

    private Memory() {}

    public static byte getByte(long address) {
        return ALL.get(JAVA_BYTE, address);
    }

    public static short getShort(long address) {
        return (short) SHORT.getOpaque(ALL, address);
    }

    public static int getInt(long address) {
        return (int) INT.getOpaque(ALL, address);
    }

    public static long getLong(long address) {
        return (long) LONG.getOpaque(ALL, address);
    }

    public static void putByte(long address, byte value) {
        ALL.set(JAVA_BYTE, address, value);
    }

    public static void putShort(long address, short value) {
        SHORT.setOpaque(ALL, address, value);
    }

    public static void putInt(long address, int value) {
        INT.setOpaque(ALL, address, value);
    }

    public static void putLong(long address, long value) {
        LONG.setOpaque(ALL, address, value);
    }

    /** Pairs with a store-release of the kernel: what it wrote before that store is visible after this load. */
    public static int getIntAcquire(long address) {
        return (int) INT.getAcquire(ALL, address);
    }

    /** No ordering, but never torn and never cached across calls: for flags that the kernel sets at any time. */
    public static int getIntOpaque(long address) {
        return (int) INT.getOpaque(ALL, address);
    }

    /** Pairs with a load-acquire of the kernel: what was written before this store is visible after that load. */
    public static void putIntRelease(long address, int value) {
        INT.setRelease(ALL, address, value);
    }

    /** Pairs with a load-acquire of the kernel, as {@link #putIntRelease}. */
    public static void putShortRelease(long address, short value) {
        SHORT.setRelease(ALL, address, value);
    }

    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    public static void copy(MemorySegment from, long fromOffset, long to, long bytes) {
        MemorySegment.copy(from, fromOffset, ALL, to, bytes);
    }

    public static void copy(long from, MemorySegment to, long toOffset, long bytes) {
        MemorySegment.copy(ALL, from, to, toOffset, bytes);
    }
}
