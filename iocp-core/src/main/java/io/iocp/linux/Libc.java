package io.iocp.linux;

import java.lang.foreign.Arena;

/**
 * The system calls that the engines use.
 *
 * <p>Every call returns its result, or the negated error number ({@code -errno}): callers compare with {@code < 0} and
 * name the error with {@link Errno#name(int)}. Pointers are absolute addresses of native memory that the caller keeps
 * alive until the call returns.
 *
 * <p>Thread: one at a time for an instance, because it owns the place where errno is captured; {@link #wake(int)} alone
 * may be called by any thread. Instances are cheap: each loop and each thread makes its own.
 */
public interface Libc {
    int AF_UNIX = 1;
    int AF_INET = 2;
    int AF_INET6 = 10;
    int SOCK_STREAM = 1;
    int SOCK_DGRAM = 2;
    int SOCK_NONBLOCK = 0x800;
    int SOCK_CLOEXEC = 0x80000;

    int SOL_SOCKET = 1;
    int SO_REUSEADDR = 2;
    int SO_ERROR = 4;
    int SO_SNDBUF = 7;
    int SO_RCVBUF = 8;
    int SO_KEEPALIVE = 9;
    int SO_LINGER = 13;
    int SO_REUSEPORT = 15;
    int IPPROTO_TCP = 6;
    int TCP_NODELAY = 1;
    int TCP_KEEPIDLE = 4;
    int TCP_KEEPINTVL = 5;
    int TCP_KEEPCNT = 6;
    int IPPROTO_IPV6 = 41;
    int IPV6_V6ONLY = 26;

    int SHUT_RD = 0;
    int SHUT_WR = 1;
    int SHUT_RDWR = 2;

    int MSG_DONTWAIT = 0x40;
    int MSG_WAITALL = 0x100;
    int MSG_NOSIGNAL = 0x4000;
    int MSG_MORE = 0x8000;

    int PROT_READ = 1;
    int PROT_WRITE = 2;
    int MAP_SHARED = 1;
    int MAP_POPULATE = 0x8000;

    int EFD_CLOEXEC = 0x80000;

    int POLLIN = 1;
    int POLLOUT = 4;

    int F_GETFL = 3;
    int F_SETFL = 4;
    int O_NONBLOCK = 0x800;
    int RWF_NOWAIT = 8;

    /** Bytes that can be read at once, as an int; for a socket also called SIOCINQ. */
    int FIONREAD = 0x541b;

    int O_WRONLY = 1;
    int O_RDWR = 2;
    int O_CREAT = 0x40;
    int O_EXCL = 0x80;
    int O_TRUNC = 0x200;
    int O_DSYNC = 0x1000;
    int O_SYNC = 0x10_1000;
    int O_CLOEXEC = 0x80000;
    /** Not the same on every machine. */
    int O_DIRECT = System.getProperty("os.arch").equals("aarch64") ? 0x1_0000 : 0x4000;

    int AT_EMPTY_PATH = 0x1000;
    int STATX_SIZE = 0x200;
    int STATX_BYTES = 256;
    /** Where struct statx has the size. */
    int STATX_SIZE_OFFSET = 40;
    /** The address of an empty name: with {@link #AT_EMPTY_PATH} the descriptor itself is meant. */
    long EMPTY_PATH = Arena.global().allocate(1).address();

    /**
     * Makes a ring.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/io_uring_setup.2.html">io_uring_setup(2)</a>
     */
    int ioUringSetup(int entries, long params);

    /**
     * Submits and waits. May sleep, so the thread is in a native call that never holds back a safepoint.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/io_uring_enter.2.html">io_uring_enter(2)</a>
     */
    int ioUringEnter(int ring, int toSubmit, int minComplete, int flags, long argument, long argumentSize);

    /**
     * Changes what a ring has: buffers, limits; or asks what it can.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/io_uring_register.2.html">io_uring_register(2)</a>
     */
    int ioUringRegister(int ring, int opcode, long argument, int count);

    /**
     * Maps {@code length} bytes of {@code fd} wherever the kernel likes; the result is the address or {@code -errno}.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
     */
    long mmap(long length, int protection, int flags, int fd, long offset);

    /**
     * Ends a mapping.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">munmap(2)</a>
     */
    int munmap(long address, long length);

    /**
     * Makes a socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/socket.2.html">socket(2)</a>
     */
    int socket(int domain, int type, int protocol);

    /**
     * Gives a socket its local address.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/bind.2.html">bind(2)</a>
     */
    int bind(int fd, long address, int length);

    /**
     * Lets a socket accept connections.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/listen.2.html">listen(2)</a>
     */
    int listen(int fd, int backlog);

    /**
     * Connects and waits until that is done; only for code that may wait.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/connect.2.html">connect(2)</a>
     */
    int connect(int fd, long address, int length);

    /**
     * Sets an option of a socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/setsockopt.2.html">setsockopt(2)</a>
     */
    int setsockopt(int fd, int level, int option, long value, int length);

    /**
     * Reads an option of a socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/getsockopt.2.html">getsockopt(2)</a>
     */
    int getsockopt(int fd, int level, int option, long value, long lengthAddress);

    /**
     * Reads the local address of a socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/getsockname.2.html">getsockname(2)</a>
     */
    int getsockname(int fd, long address, long lengthAddress);

    /**
     * Reads the peer's address of a connected socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/getpeername.2.html">getpeername(2)</a>
     */
    int getpeername(int fd, long address, long lengthAddress);

    /**
     * Ends one or both directions of a connection.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/shutdown.2.html">shutdown(2)</a>
     */
    int shutdown(int fd, int how);

    /**
     * Closes a descriptor, whatever is returned.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/close.2.html">close(2)</a>
     */
    int close(int fd);

    /**
     * Opens a file. May wait for its file system.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/open.2.html">open(2)</a>
     */
    int open(long path, int flags, int mode);

    /**
     * Sets the size of an open file.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/ftruncate.2.html">ftruncate(2)</a>
     */
    int ftruncate(int fd, long size);

    /**
     * Writes what is asked for of a file into a struct statx, which is laid out alike on every machine.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2)</a>
     */
    int statx(int directory, long path, int flags, int mask, long statx);

    /**
     * Makes a descriptor that counts wakes.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
     */
    int eventfd(int initialValue, int flags);

    /**
     * Reads from a descriptor.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/read.2.html">read(2)</a>
     */
    long read(int fd, long address, long length);

    /**
     * Writes to a descriptor.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/write.2.html">write(2)</a>
     */
    long write(int fd, long address, long length);

    /**
     * Receives from a socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/recv.2.html">recv(2)</a>
     */
    long recv(int fd, long address, long length, int flags);

    /**
     * Sends on a socket.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/send.2.html">send(2)</a>
     */
    long send(int fd, long address, long length, int flags);

    /**
     * Sends from a file, at the offset at {@code offsetAddress}, which it moves.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/sendfile.2.html">sendfile(2)</a>
     */
    long sendfile(int fd, int file, long offsetAddress, long count);

    /**
     * Reads a file at an offset into the {@code struct iovec}s at {@code vectors}.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/preadv2.2.html">preadv2(2)</a>
     */
    long preadv2(int fd, long vectors, int count, long offset, int flags);

    /**
     * Reads or changes what belongs to a descriptor.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/fcntl.2.html">fcntl(2)</a>
     */
    int fcntl(int fd, int command, int argument);

    /**
     * Asks a device or socket something; the answer is at {@code argument}.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/ioctl.2.html">ioctl(2)</a>
     */
    int ioctl(int fd, long request, long argument);

    /**
     * Adds one to an eventfd's counter, which wakes whoever waits for it. Errors are not reported: the one that can
     * happen to a live eventfd, a full counter, means that it is awake already.
     *
     * <p>Thread: any.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
     */
    void wake(int eventfd);

    /**
     * The kernel's number of the calling thread.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/gettid.2.html">gettid(2)</a>
     */
    int gettid();
}
