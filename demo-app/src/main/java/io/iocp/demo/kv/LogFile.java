package io.iocp.demo.kv;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written and synchronised without waiting: how each start has ended is told to the {@link Ends} that it was
 * opened with, by another thread or by this one later, exactly once for each start that threw nothing.
 *
 * <p>Thread: one at a time.
 */
interface LogFile {

    /** Is told how a write or a sync has ended. */
    interface Ends {

        /**
         * A write has ended.
         *
         * @param failure null if all bytes are written
         */
        void writeEnded(LogFile file, @Nullable IOException failure);

        /**
         * A sync has ended.
         *
         * @param failure null if everything that was written before it began survives a loss of power
         */
        void syncEnded(LogFile file, @Nullable IOException failure);
    }

    /**
     * Writes the bytes from position to limit, all or with a failure; one write at a time. The bytes may be changed when this
     * returns.
     *
     * @throws IOException if nothing was started
     */
    void write(ByteBuffer data, long offset) throws IOException;

    /**
     * Makes what is written survive a loss of power; one sync at a time, beside a write or not.
     *
     * @throws IOException if nothing was started
     */
    void sync() throws IOException;

    /** Closes the file; what is in flight ends with a failure or not. */
    void close();
}
