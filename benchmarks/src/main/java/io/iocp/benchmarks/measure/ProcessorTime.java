package io.iocp.benchmarks.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Processor time of a process, user and kernel, of all its threads, also of those that have ended.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html">clock_getcpuclockid(3)</a>
 */
public final class ProcessorTime {
    private static final long NANOS = 1_000_000_000;
    private static final int SCHEDULED = 2;
    private static final int PID_SHIFT = 3;
    private static final MethodHandle CLOCK_GETTIME = clockGettime();
    private static final MethodHandle GETRUSAGE = getrusage();
    private static final int RUSAGE_CHILDREN = -1;
    private static final int RUSAGE_LONGS = 18;
    private static final long NANOS_PER_MICRO = 1_000;

    private ProcessorTime() {}

    @SuppressWarnings("restricted") // benchmarks are run with native access
    private static MethodHandle clockGettime() {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle getrusage() {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("getrusage"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    }

    /**
     * Nanoseconds, to the microsecond, of all processes that this one has started and that have ended.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/getrusage.2.html">getrusage(2)</a>
     */
    public static long endedChildrenNanos() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment usage = arena.allocate(ValueLayout.JAVA_LONG, RUSAGE_LONGS);
            int result = (int) GETRUSAGE.invokeExact(RUSAGE_CHILDREN, usage);
            if (result != 0) {
                throw new IllegalStateException("getrusage refuses");
            }
            // Two timevals: user, and kernel.
            long seconds = usage.getAtIndex(ValueLayout.JAVA_LONG, 0) + usage.getAtIndex(ValueLayout.JAVA_LONG, 2);
            long micros = usage.getAtIndex(ValueLayout.JAVA_LONG, 1) + usage.getAtIndex(ValueLayout.JAVA_LONG, 3);
            return seconds * NANOS + micros * NANOS_PER_MICRO;
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Nanoseconds since the process began. */
    public static long nanosOf(long pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(ValueLayout.JAVA_LONG, 2);
            int clock = (~(int) pid << PID_SHIFT) | SCHEDULED;
            int result = (int) CLOCK_GETTIME.invokeExact(clock, time);
            if (result != 0) {
                throw new UncheckedIOException(new IOException("process " + pid + " has gone"));
            }
            return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * NANOS + time.getAtIndex(ValueLayout.JAVA_LONG, 1);
        } catch (UncheckedIOException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    public static long ownNanos() {
        return nanosOf(ProcessHandle.current().pid());
    }
}
