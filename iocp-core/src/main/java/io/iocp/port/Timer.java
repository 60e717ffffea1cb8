package io.iocp.port;

import org.jspecify.annotations.Nullable;

/** Something that a shard does at a later time. Thread: holder of the shard whose wheel it is in. */
abstract class Timer {
    long deadlineTick;
    int bucket = -1;

    @Nullable
    Timer previous;

    @Nullable
    Timer next;

    /** The time has come. The timer is out of the wheel and may be armed again. */
    abstract void expired();

    final boolean isArmed() {
        return bucket >= 0;
    }
}
