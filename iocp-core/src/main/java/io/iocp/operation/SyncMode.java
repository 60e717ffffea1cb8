package io.iocp.operation;

/** How much of a file a sync brings to the disk. */
public enum SyncMode {
    /** Its bytes, and what is needed to read them, such as its size (fdatasync). */
    DATA,
    /** Its times as well (fsync). */
    FULL
}
