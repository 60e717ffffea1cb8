package io.iocp.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Zeroed native memory straight from the kernel, on a page boundary: no page costs memory before it is touched, and all of it
 * goes back when no segment or buffer of it can be reached any more.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
 */
public final class MappedMemory {
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;

    private MappedMemory() {}

    /**
     * Maps {@code bytes}.
     *
     * @throws LinuxException ENOMEM if the kernel has no room for it
     */
    @SuppressWarnings("restricted")
    public static MemorySegment allocate(Libc libc, long bytes) throws LinuxException {
        long address =
                libc.mmap(bytes, Libc.PROT_READ | Libc.PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (address < 0) {
            throw new LinuxException("mapping " + bytes + " bytes", (int) address);
        }
        // The cleaner's thread runs this, so it makes its own Libc; it must not refer to the segment that it waits for.
        return MemorySegment.ofAddress(address)
                .reinterpret(bytes, Arena.ofAuto(), _ -> new FfmLibc().munmap(address, bytes));
    }
}
