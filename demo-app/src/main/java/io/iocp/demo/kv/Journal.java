package io.iocp.demo.kv;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the changes of the store are recorded, in the order in which they take effect, and what a session must know of that:
 * whether a reply may leave already, and whether there is room for more.
 *
 * <p>Thread: any.
 */
interface Journal {

    /** Records nothing. */
    Journal NONE = new Journal() {
        @Override
        public long record(Keys keys, byte[]... command) {
            return 0;
        }

        @Override
        public Commit await(long position, Runnable settled) {
            return Commit.DURABLE;
        }

        @Override
        public boolean awaitRoom(Runnable room) {
            return false;
        }

        @Override
        public boolean isFull() {
            return false;
        }

        @Override
        public void flush() {}

        @Override
        public @Nullable String refusal() {
            return null;
        }

        @Override
        public void rewrite() {
            throw new CommandError("ERR the append-only file is off: set demo.kv.append-only to its path");
        }

        @Override
        public Map<String, Object> facts() {
            return Map.of("aof_enabled", 0);
        }

        @Override
        public Map<String, String> parameters() {
            return Map.of("appendonly", "no");
        }
    };

    /** Where the keys of a recorded command are. */
    enum Keys {
        /** Its first argument. */
        ONE,
        /** Every argument. */
        EACH,
        /** Every other argument, each followed by a value. */
        EACH_WITH_VALUE,
        /** It is about all keys that there are. */
        ALL
    }

    /** What has become of a recorded change. */
    enum Commit {
        /** It is where it has to be before a reply may leave. */
        DURABLE,
        PENDING,
        /** It could not be written; whether it is there after a restart is not known. */
        LOST
    }

    /**
     * Records a change as the command that makes it again.
     *
     * <p>Thread: one that holds the locks of these keys, so that the records of one key are in the order of its changes.
     *
     * @return what is to be {@linkplain #await awaited} before the client may hear of the change, 0 for nothing
     */
    long record(Keys keys, byte[]... command);

    /**
     * Asks whether a record is durable.
     *
     * @param settled is called once if the answer is {@link Commit#PENDING}, by any thread: then ask again. It must not wait
     */
    Commit await(long position, Runnable settled);

    /**
     * Asks to be told when {@link #isFull} is over.
     *
     * @param room is called once, if the answer is true, by any thread. It must not wait
     * @return false if there is room already
     */
    boolean awaitRoom(Runnable room);

    /** So much waits to be written that no command should be run until less does. */
    boolean isFull();

    /** Begins to write what was recorded, unless a write is under way that it has to follow. Never waits. */
    void flush();

    /** The error reply for commands that would change something, null while changes can be recorded. */
    @Nullable
    String refusal();

    /**
     * Begins to write the log anew, as short as the data allows. Never waits.
     *
     * @throws CommandError if that is under way already, or there is no log
     */
    void rewrite();

    /** The fields of INFO's section on persistence. */
    Map<String, Object> facts();

    /** The parameters of CONFIG GET that are about the log. */
    Map<String, String> parameters();
}
