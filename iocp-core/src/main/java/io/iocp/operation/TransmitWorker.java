package io.iocp.operation;

/**
 * Who does the work of a transmit; a hint, which changes nothing but how fast it goes and whom it keeps.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-transmitfile">TransmitFile (Windows),
 *     dwFlags</a>
 */
public enum TransmitWorker {
    /**
     * Whatever is fastest: what is in the page cache is sent from there by the shard's worker, a bit at a time between the other
     * connections; what is not is read first, by the engine's way of reading files (TF_USE_DEFAULT_WORKER).
     */
    DEFAULT,
    /**
     * A thread of the engine's small pool sends from the file and may wait for the disk, for long transmits beside a busy shard
     * (TF_USE_SYSTEM_THREAD).
     */
    HELPER_POOL,
    /** Chunks are read into library memory and sent from there, all through the engine (TF_USE_KERNEL_APC). */
    RING
}
