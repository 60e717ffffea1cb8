package io.iocp.demo.kv;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The place of a log in memory: a test says when writes and syncs end, and how. */
final class FakeDisk implements LogPlace {

    final List<String> calls = new ArrayList<>();

    @Nullable
    IOException replaceFailure;

    @Nullable
    IOException directoryFailure;

    @Nullable
    FakeFile next;
    /** Those at the log's path, the last one being the present one. */
    final List<FakeFile> logs = new ArrayList<>();

    /** A file whose writes and syncs wait for the test. */
    static final class FakeFile implements LogFile {
        private final Ends ends;
        private byte[] content = new byte[0];
        private byte @Nullable [] writing;
        private long writingAt;
        private boolean syncing;
        private int length;
        int synced;
        int writes;
        int syncs;
        boolean closed;

        FakeFile(Ends ends) {
            this.ends = ends;
        }

        @Override
        public void write(ByteBuffer data, long offset) throws IOException {
            check();
            if (writing != null) {
                throw new AssertionError("two writes at once");
            }
            writing = new byte[data.remaining()];
            data.get(writing);
            writingAt = offset;
            writes++;
        }

        @Override
        public void sync() throws IOException {
            check();
            if (syncing) {
                throw new AssertionError("two syncs at once");
            }
            syncing = true;
            syncedNext = length;
            syncs++;
        }

        private int syncedNext;

        private void check() throws IOException {
            if (closed) {
                throw new IOException("closed");
            }
        }

        @Override
        public void close() {
            closed = true;
        }

        boolean isWriting() {
            return writing != null;
        }

        boolean isSyncing() {
            return syncing;
        }

        void endWrite() {
            put(Integer.MAX_VALUE);
            writing = null;
            ends.writeEnded(this, null);
        }

        /** The write fails after so many bytes. */
        void failWrite(int after, String why) {
            put(after);
            writing = null;
            ends.writeEnded(this, new IOException(why));
        }

        private void put(int most) {
            byte[] data = writing;
            if (data == null) {
                throw new AssertionError("no write is under way");
            }
            int count = Math.min(most, data.length);
            int end = (int) writingAt + count;
            if (end > content.length) {
                content = Arrays.copyOf(content, Math.max(2 * content.length, end));
            }
            System.arraycopy(data, 0, content, (int) writingAt, count);
            length = Math.max(length, end);
        }

        void endSync() {
            if (!syncing) {
                throw new AssertionError("no sync is under way");
            }
            syncing = false;
            synced = syncedNext;
            ends.syncEnded(this, null);
        }

        void failSync(String why) {
            syncing = false;
            ends.syncEnded(this, new IOException(why));
        }

        /** Ends whatever is under way, and what that leads to. */
        void run() {
            while (writing != null || syncing) {
                if (writing != null) {
                    endWrite();
                } else {
                    endSync();
                }
            }
        }

        byte[] bytes() {
            return Arrays.copyOf(content, length);
        }

        /** The commands in it, one in a line. */
        String text() {
            return commands(new String(bytes(), StandardCharsets.ISO_8859_1));
        }
    }

    /** Commands without their framing, one in a line. */
    static String commands(String log) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < log.length()) {
            int end = log.indexOf("\r\n", at);
            int count = Integer.parseInt(log.substring(at + 1, end));
            at = end + 2;
            for (int argument = 0; argument < count; argument++) {
                end = log.indexOf("\r\n", at);
                int length = Integer.parseInt(log.substring(at + 1, end));
                text.append(argument == 0 ? "" : " ").append(log, end + 2, end + 2 + length);
                at = end + 4 + length;
            }
            text.append('\n');
        }
        return text.toString();
    }

    @Override
    public String name() {
        return "kv.aof";
    }

    @Override
    public LogFile create(LogFile.Ends ends) {
        calls.add("create");
        FakeFile file = new FakeFile(ends);
        next = file;
        return file;
    }

    @Override
    public void replace() throws IOException {
        calls.add("replace");
        if (replaceFailure != null) {
            throw replaceFailure;
        }
        FakeFile file = next;
        if (file == null) {
            throw new AssertionError("nothing to take the place of the log");
        }
        logs.add(file);
    }

    @Override
    public void syncDirectory() throws IOException {
        calls.add("syncDirectory");
        if (directoryFailure != null) {
            throw directoryFailure;
        }
    }

    @Override
    public void discard() {
        calls.add("discard");
    }
}
