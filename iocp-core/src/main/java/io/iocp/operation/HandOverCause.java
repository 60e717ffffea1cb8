package io.iocp.operation;

/** Why a shard went from the worker that held it to another. */
public enum HandOverCause {
    /** The handler slept (a lock, a database, a sleep, a blocking native call) without having said that it blocks. */
    ASLEEP,
    /** The handler slept, as it had said that it would; it had the shard's worker because no spare was left when it began. */
    DECLARED,
    /** The handler took more than ten milliseconds of processor time, and fewer workers than the concurrency were running. */
    ON_PROCESSOR,
    /** The handler called {@code CompletionPort.blocking(..)}. */
    ANNOUNCED
}
