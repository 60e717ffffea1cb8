package io.iocp.operation;

import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a file is opened: the {@link OpenOption}s that a port knows, with the meaning that they have for {@link
 * java.nio.channels.FileChannel#open(java.nio.file.Path, OpenOption...)}.
 *
 * @param read operations may read
 * @param write operations may write
 * @param append all that is written goes to the end
 * @param create it is made if it does not exist; only with {@code write}
 * @param createNew it is made, and must not exist; only with {@code write}
 * @param truncateExisting it is emptied; only with {@code write}
 * @param sync every write is on the disk with all that belongs to it when it completes
 * @param dsync every write is on the disk, as far as is needed to read it, when it completes
 * @param direct the option that bypasses the page cache (O_DIRECT), null without
 */
public record FileAccess(
        boolean read,
        boolean write,
        boolean append,
        boolean create,
        boolean createNew,
        boolean truncateExisting,
        boolean sync,
        boolean dsync,
        @Nullable OpenOption direct) {

    /** Not named as a class: javac warns of it, though java.base documents it as the way to O_DIRECT. */
    private static final String DIRECT = "com.sun.nio.file.ExtendedOpenOption.DIRECT";

    /**
     * Reads the options; none at all means READ, and APPEND alone means to write.
     *
     * @throws UnsupportedOperationException for an option that no engine has
     * @throws IllegalArgumentException for options that exclude each other
     */
    public static FileAccess of(OpenOption... options) {
        boolean read = false;
        boolean write = false;
        boolean append = false;
        boolean create = false;
        boolean createNew = false;
        boolean truncateExisting = false;
        boolean sync = false;
        boolean dsync = false;
        OpenOption direct = null;
        for (OpenOption option : options) {
            if (option instanceof Enum<?> e
                    && DIRECT.equals(e.getDeclaringClass().getName() + "." + e.name())) {
                direct = option;
            } else if (option instanceof StandardOpenOption standard) {
                switch (standard) {
                    case READ -> read = true;
                    case WRITE -> write = true;
                    case APPEND -> append = true;
                    case CREATE -> create = true;
                    case CREATE_NEW -> createNew = true;
                    case TRUNCATE_EXISTING -> truncateExisting = true;
                    case SYNC -> sync = true;
                    case DSYNC -> dsync = true;
                    case DELETE_ON_CLOSE, SPARSE -> throw unknown(option);
                }
            } else {
                throw unknown(option);
            }
        }
        if (append && truncateExisting) {
            throw new IllegalArgumentException("APPEND and TRUNCATE_EXISTING exclude each other: leave one out");
        }
        write |= append;
        return new FileAccess(
                read || !write,
                write,
                append,
                create && write,
                createNew && write,
                truncateExisting && write,
                sync,
                dsync,
                direct);
    }

    private static UnsupportedOperationException unknown(OpenOption option) {
        return new UnsupportedOperationException("a FileHandle cannot be opened with " + option
                + ": use READ, WRITE, APPEND, CREATE, CREATE_NEW, TRUNCATE_EXISTING, SYNC, DSYNC, and DIRECT of"
                + " ExtendedOpenOption");
    }

    /** The options of {@link java.nio.channels.FileChannel#open} that say the same, but for {@link #append()}. */
    public List<OpenOption> channelOptions() {
        List<OpenOption> options = new ArrayList<>();
        add(options, read, StandardOpenOption.READ);
        add(options, write, StandardOpenOption.WRITE);
        add(options, create, StandardOpenOption.CREATE);
        add(options, createNew, StandardOpenOption.CREATE_NEW);
        add(options, truncateExisting, StandardOpenOption.TRUNCATE_EXISTING);
        add(options, sync, StandardOpenOption.SYNC);
        add(options, dsync, StandardOpenOption.DSYNC);
        if (direct != null) {
            options.add(direct);
        }
        return options;
    }

    public boolean isDirect() {
        return direct != null;
    }

    private static void add(List<OpenOption> options, boolean wanted, OpenOption option) {
        if (wanted) {
            options.add(option);
        }
    }
}
