package io.iocp;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks the kernel for a ring, without any code of the library under test: a library that wrongly finds
 * io_uring unavailable must fail its tests, not skip them.
 */
final class IoUringProbe {

    /** The same number on every architecture. */
    private static final long SYS_IO_URING_SETUP = 425;

    private static final long SIZE_OF_IO_URING_PARAMS = 120;
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    private IoUringProbe() {}

    static Optional<String> whyUnavailable() {
        String system = System.getProperty("os.name");
        if (!"Linux".equals(system)) {
            return Optional.of("only Linux has it, and this is " + system);
        }
        String kernel = System.getProperty("os.version");
        if (!atLeast6Point1(kernel)) {
            return Optional.of("kernel 6.1 or newer, and this is " + kernel);
        }
        int errno = setUpAndClose();
        return switch (errno) {
            case 0 -> Optional.empty();
            case EPERM ->
                Optional.of("io_uring_setup failed with EPERM: allow it in the container's seccomp profile,"
                        + " or set sysctl kernel.io_uring_disabled=0");
            case ENOSYS ->
                Optional.of("io_uring_setup failed with ENOSYS: the kernel was built without it,"
                        + " or a seccomp profile hides it");
            default -> Optional.of("io_uring_setup failed with errno " + errno);
        };
    }

    private static boolean atLeast6Point1(String kernel) {
        Matcher version = Pattern.compile("^(\\d+)\\.(\\d+)").matcher(kernel);
        if (!version.find()) {
            return false;
        }
        int major = Integer.parseInt(version.group(1));
        int minor = Integer.parseInt(version.group(2));
        return major > 6 || (major == 6 && minor >= 1);
    }

    /** Returns 0, or the errno of io_uring_setup. */
    @SuppressWarnings("restricted")
    private static int setUpAndClose() {
        Linker linker = Linker.nativeLinker();
        MethodHandle setup = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(1),
                Linker.Option.captureCallState("errno"));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment callState = arena.allocate(Linker.Option.captureStateLayout());
            MemorySegment parameters = arena.allocate(SIZE_OF_IO_URING_PARAMS, 8);
            long descriptor = (long) setup.invokeExact(callState, SYS_IO_URING_SETUP, 1L, parameters);
            if (descriptor < 0) {
                return (int) Linker.Option.captureStateLayout()
                        .varHandle(MemoryLayout.PathElement.groupElement("errno"))
                        .get(callState, 0L);
            }
            int closed = (int) close.invokeExact((int) descriptor);
            assert closed == 0;
            return 0;
        } catch (Throwable e) {
            throw new IllegalStateException("the io_uring probe could not call the kernel", e);
        }
    }
}
