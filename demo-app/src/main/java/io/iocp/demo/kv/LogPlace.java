package io.iocp.demo.kv;

import java.io.IOException;

/**
 * Where the log lies: its path, and another one beside it at which a shorter log is written that then takes its place.
 *
 * <p>Thread: any that may wait, one at a time.
 */
interface LogPlace {

    /** The log's path, for messages. */
    String name();

    /**
     * Opens an empty file at the other path, whatever is there.
     *
     * @param ends is told what becomes of its writes and syncs
     */
    LogFile create(LogFile.Ends ends) throws IOException;

    /** Gives the file at the other path the log's, in one step: after a crash either is there, and whole. */
    void replace() throws IOException;

    /** Makes {@link #replace} survive a loss of power. */
    void syncDirectory() throws IOException;

    /** Removes what is at the other path. */
    void discard() throws IOException;
}
