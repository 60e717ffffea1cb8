package io.iocp.operation;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * What a transmit takes bytes from: a file of a port, whose descriptor it keeps open, or a channel of the user's, which the user
 * keeps open. One of the two is null.
 */
public record FileSource(@Nullable Endpoint file, @Nullable FileChannel channel) {

    public static FileSource of(Endpoint file) {
        return new FileSource(file, null);
    }

    public static FileSource of(FileChannel channel) {
        return new FileSource(null, channel);
    }

    /** The file as the engine that opened it knows it; null for a channel. */
    public @Nullable OpenFile openFile() {
        return file == null ? null : file.file();
    }

    /** Keeps the descriptor open until {@link #unpin()}; false if it is closed. Thread: any. */
    public boolean pin() {
        OpenFile open = openFile();
        return open == null || open.pin();
    }

    /** Where the source's position is to be; a transmit that began at it has ended. */
    void movePosition(long to) {
        OpenFile open = openFile();
        if (open != null) {
            open.position = to;
        } else if (channel != null) {
            boolean interrupted = Thread.interrupted(); // with the flag set the channel would be closed
            try {
                channel.position(to);
            } catch (IOException e) {
                return; // closed: it has no position any more
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    public void unpin() {
        OpenFile open = openFile();
        if (open != null) {
            open.unpin();
        }
    }
}
