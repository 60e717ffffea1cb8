package io.iocp.demo.kv;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Fills the store from its log when the server starts, and cuts off what a crash has left at the end.
 *
 * <p>Thread: the one that starts the server; it waits for the disk.
 */
final class LogReplay {

    private static final System.Logger LOG = System.getLogger(LogReplay.class.getName());

    private LogReplay() {}

    /**
     * Runs all commands of the log, and leaves the file with whole commands only, all of them synchronised.
     *
     * @return how long the file is
     * @throws UnreadableLogException if it is corrupt; then it is as it was
     */
    static long run(Path path, KvCommands commands) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = file.size();
            long whole;
            long count;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment log = file.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
                LogReader reader = new LogReader(log);
                count = replay(reader, commands);
                whole = reader.whole();
                if (whole < size && reader.hasCommandBehindTheCut(commands::isWrite)) {
                    throw new CorruptLogException(whole, whole, "a command that has no end, with others behind it");
                }
            } catch (CorruptLogException corrupt) {
                throw new UnreadableLogException(path, size, corrupt);
            }
            LOG.log(
                    System.Logger.Level.INFO,
                    "append-only file {0}: {1} commands of {2} bytes replayed",
                    path,
                    Long.toString(count),
                    Long.toString(whole));
            if (whole < size) {
                file.truncate(whole);
                LOG.log(
                        System.Logger.Level.WARNING,
                        "append-only file {0}: the last command was not written to its end; {1} bytes cut off at offset {2}",
                        path,
                        Long.toString(size - whole),
                        Long.toString(whole));
            }
            // What the last server wrote, and perhaps did not synchronise, is what this one begins with.
            file.force(true);
            return whole;
        }
    }

    /** Runs all whole commands. */
    static long replay(LogReader reader, KvCommands commands) throws CorruptLogException {
        Client client = new Client(0, "", "", 0);
        RespWriter out = new RespWriter();
        long count = 0;
        while (true) {
            long before = reader.whole();
            byte @Nullable [][] command = reader.next();
            if (command == null) {
                return count;
            }
            try {
                commands.replay(command, client, out);
            } catch (CommandError failed) {
                throw new CorruptLogException(before, before, "a command that fails: " + failed.getMessage());
            }
            count++;
        }
    }
}
