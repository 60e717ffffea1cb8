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

    private ProcessorTime() {}

    @SuppressWarnings("restricted") // benchmarks are run with native access
    private static MethodHandle clockGettime() {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
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
