package io.iocp.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link Libc} through the Foreign Function &amp; Memory linker; no other class links native functions.
 *
 * <p>No call is linked as {@code critical}: {@code io_uring_enter} runs TCP sends and sleeps, and a critical call holds
 * back every safepoint of the JVM for as long as it lasts. On the other calls it would save nanoseconds of a system
 * call that costs hundreds.
 */
@SuppressWarnings("restricted")
final class FfmLibc implements Libc {
    // The same numbers on x86-64 and aarch64, and glibc has no wrappers for them.
    private static final long NR_IO_URING_SETUP = 425;
    private static final long NR_IO_URING_ENTER = 426;
    private static final long NR_IO_URING_REGISTER = 427;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO = CAPTURE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");

    /**
     * How a function is called: what a native image has to know when it is made, and is told by {@code reachability-metadata.json}.
     *
     * @param firstVariadic index of the first variadic argument; -1 if there is none
     */
    record Downcall(FunctionDescriptor descriptor, boolean capturesErrno, int firstVariadic) {}

    /** All that are linked below, which is why this stands above. */
    static final List<Downcall> DOWNCALLS = new ArrayList<>();

    private static final MethodHandle SYSCALL = link(
            "syscall",
            1,
            FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MMAP = link(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP = link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SOCKET =
            link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND =
            link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle LISTEN = link("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CONNECT =
            link("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SETSOCKOPT =
            link("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            link("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle GETSOCKNAME =
            link("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle GETPEERNAME =
            link("getpeername", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SHUTDOWN = link("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle OPEN =
            link("open", 2, FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle STATX =
            link("statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle EVENTFD = link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle READ =
            link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle WRITE =
            link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));

    private static final MethodHandle RECV =
            link("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SEND =
            link("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private static final MethodHandle SENDFILE =
            link("sendfile", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PREADV2 =
            link("preadv2", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FCNTL =
            link("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private static final MethodHandle IOCTL =
            link("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

    /** write(2) without errno capture, because any thread may call it at any time. */
    private static final MethodHandle WAKE =
            linkWithoutErrno("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));

    private static final MethodHandle GETTID = linkWithoutErrno("gettid", FunctionDescriptor.of(JAVA_INT));

    /** The number 1 as eventfd wants it: eight bytes that no one ever changes. */
    private static final long ONE = Arena.global().allocateFrom(JAVA_LONG, 1L).address();

    private final MemorySegment capture = Arena.ofAuto().allocate(CAPTURE);

    private static MethodHandle link(String name, FunctionDescriptor descriptor) {
        DOWNCALLS.add(new Downcall(descriptor, true, -1));
        return LINKER.downcallHandle(address(name), descriptor, CAPTURE_ERRNO);
    }

    private static MethodHandle link(String name, int firstVariadic, FunctionDescriptor descriptor) {
        DOWNCALLS.add(new Downcall(descriptor, true, firstVariadic));
        return LINKER.downcallHandle(
                address(name), descriptor, Linker.Option.firstVariadicArg(firstVariadic), CAPTURE_ERRNO);
    }

    private static MethodHandle linkWithoutErrno(String name, FunctionDescriptor descriptor) {
        DOWNCALLS.add(new Downcall(descriptor, false, -1));
        return LINKER.downcallHandle(address(name), descriptor);
    }

    private static MemorySegment address(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no function " + name));
    }

    private int errno() {
        return capture.get(JAVA_INT, ERRNO);
    }

    private int result(int returned) {
        return returned >= 0 ? returned : -errno();
    }

    private long result(long returned) {
        return returned >= 0 ? returned : -errno();
    }

    private static RuntimeException unexpected(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        // Downcall handles throw nothing checked: their argument types are the ones of the call sites below.
        throw new IllegalStateException("native call failed before it reached the kernel", failure);
    }

    @Override
    public int ioUringSetup(int entries, long params) {
        try {
            return (int) result(
                    (long) SYSCALL.invokeExact(capture, NR_IO_URING_SETUP, (long) entries, params, 0L, 0L, 0L, 0L));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int ioUringEnter(int ring, int toSubmit, int minComplete, int flags, long argument, long argumentSize) {
        try {
            return (int) result((long) SYSCALL.invokeExact(
                    capture,
                    NR_IO_URING_ENTER,
                    (long) ring,
                    (long) toSubmit,
                    (long) minComplete,
                    (long) flags,
                    argument,
                    argumentSize));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int ioUringRegister(int ring, int opcode, long argument, int count) {
        try {
            return (int) result((long) SYSCALL.invokeExact(
                    capture, NR_IO_URING_REGISTER, (long) ring, (long) opcode, argument, (long) count, 0L, 0L));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long mmap(long length, int protection, int flags, int fd, long offset) {
        try {
            return result((long) MMAP.invokeExact(capture, 0L, length, protection, flags, fd, offset));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int munmap(long address, long length) {
        try {
            return result((int) MUNMAP.invokeExact(capture, address, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        try {
            return result((int) SOCKET.invokeExact(capture, domain, type, protocol));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int bind(int fd, long address, int length) {
        try {
            return result((int) BIND.invokeExact(capture, fd, address, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int listen(int fd, int backlog) {
        try {
            return result((int) LISTEN.invokeExact(capture, fd, backlog));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int connect(int fd, long address, int length) {
        try {
            return result((int) CONNECT.invokeExact(capture, fd, address, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int setsockopt(int fd, int level, int option, long value, int length) {
        try {
            return result((int) SETSOCKOPT.invokeExact(capture, fd, level, option, value, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int getsockopt(int fd, int level, int option, long value, long lengthAddress) {
        try {
            return result((int) GETSOCKOPT.invokeExact(capture, fd, level, option, value, lengthAddress));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int getsockname(int fd, long address, long lengthAddress) {
        try {
            return result((int) GETSOCKNAME.invokeExact(capture, fd, address, lengthAddress));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int getpeername(int fd, long address, long lengthAddress) {
        try {
            return result((int) GETPEERNAME.invokeExact(capture, fd, address, lengthAddress));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int shutdown(int fd, int how) {
        try {
            return result((int) SHUTDOWN.invokeExact(capture, fd, how));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int close(int fd) {
        try {
            return result((int) CLOSE.invokeExact(capture, fd));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int open(long path, int flags, int mode) {
        try {
            return result((int) OPEN.invokeExact(capture, path, flags, mode));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int ftruncate(int fd, long size) {
        try {
            return result((int) FTRUNCATE.invokeExact(capture, fd, size));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int statx(int directory, long path, int flags, int mask, long statx) {
        try {
            return result((int) STATX.invokeExact(capture, directory, path, flags, mask, statx));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int eventfd(int initialValue, int flags) {
        try {
            return result((int) EVENTFD.invokeExact(capture, initialValue, flags));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long read(int fd, long address, long length) {
        try {
            return result((long) READ.invokeExact(capture, fd, address, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long write(int fd, long address, long length) {
        try {
            return result((long) WRITE.invokeExact(capture, fd, address, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long recv(int fd, long address, long length, int flags) {
        try {
            return result((long) RECV.invokeExact(capture, fd, address, length, flags));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long send(int fd, long address, long length, int flags) {
        try {
            return result((long) SEND.invokeExact(capture, fd, address, length, flags));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long sendfile(int fd, int file, long offsetAddress, long count) {
        try {
            return result((long) SENDFILE.invokeExact(capture, fd, file, offsetAddress, count));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public long preadv2(int fd, long vectors, int count, long offset, int flags) {
        try {
            return result((long) PREADV2.invokeExact(capture, fd, vectors, count, offset, flags));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        try {
            return result((int) FCNTL.invokeExact(capture, fd, command, argument));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        try {
            return result((int) IOCTL.invokeExact(capture, fd, request, argument));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public void wake(int eventfd) {
        try {
            long ignored = (long) WAKE.invokeExact(eventfd, ONE, 8L);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    @Override
    public int gettid() {
        try {
            return (int) GETTID.invokeExact();
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }
}
