package io.iocp.demo.kv;

import io.iocp.demo.kv.AppendOnlyFile.Fsync;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The service of a test with a log on a disk that does what the test says. */
final class JournaledKv {

    final Kv kv = new Kv();
    final FakeDisk disk = new FakeDisk();
    final FakeDisk.FakeFile file;
    final AppendOnlyFile log;
    int ticks;
    int work;

    JournaledKv(Fsync fsync) {
        AppendOnlyFile[] made = new AppendOnlyFile[1];
        file = new FakeDisk.FakeFile(new LogFile.Ends() {
            @Override
            public void writeEnded(LogFile of, @Nullable IOException failure) {
                made[0].writeEnded(of, failure);
            }

            @Override
            public void syncEnded(LogFile of, @Nullable IOException failure) {
                made[0].syncEnded(of, failure);
            }
        });
        disk.logs.add(file);
        AppendOnlyFile.Wakeups wakeups = new AppendOnlyFile.Wakeups() {
            @Override
            public void tickLater() {
                ticks++;
            }

            @Override
            public void workSoon() {
                work++;
            }
        };
        log = new AppendOnlyFile(disk, fsync, wakeups, kv.clock, file, 0);
        made[0] = log;
        kv.store.loaded(log);
    }

    /** Runs a command whose reply nobody waits for, and begins to write what it recorded. */
    String call(String... arguments) {
        Client client = new Client(7, "", "", 0);
        RespWriter out = new RespWriter();
        byte[][] command = new byte[arguments.length][];
        for (int at = 0; at < command.length; at++) {
            command[at] = arguments[at].getBytes(StandardCharsets.ISO_8859_1);
        }
        last = kv.commands.execute(command, client, out);
        log.flush();
        ByteBuffer reply = out.take();
        return Kv.read(StandardCharsets.ISO_8859_1.decode(reply).toString());
    }

    /** The position of the last call. */
    long last;

    /** Does the work of the rewrite as long as there is any, and ends the writes and syncs of both files. */
    void runRewrite() {
        while (work > 0) {
            work--;
            log.work(kv.store);
            settle();
        }
    }

    void settle() {
        List<FakeDisk.FakeFile> files = new ArrayList<>(disk.logs);
        FakeDisk.FakeFile next = disk.next;
        if (next != null) {
            files.add(next);
        }
        files.stream().filter(open -> !open.closed).forEach(FakeDisk.FakeFile::run);
    }

    /** A store filled from these bytes. */
    static Kv replay(byte[] bytes) throws CorruptLogException {
        return replay(bytes, Kv.START_MILLIS);
    }

    /** The same, at another time. */
    static Kv replay(byte[] bytes, long nowMillis) throws CorruptLogException {
        Kv kv = new Kv();
        kv.clock.advance(nowMillis - Kv.START_MILLIS);
        kv.store.load();
        LogReader reader = new LogReader(MemorySegment.ofArray(bytes));
        LogReplay.replay(reader, kv.commands);
        kv.store.loaded(Journal.NONE);
        return kv;
    }

    /** All that is in a store, in an order that depends on the keys alone. */
    static String dump(Kv kv) {
        List<String> keys = new ArrayList<>();
        kv.store.lock(KvStore.ALL_STRIPES);
        try {
            kv.store.forEach(entry -> {
                LogBuffer one = new LogBuffer();
                Snapshots.add(entry, one);
                StringBuilder text = new StringBuilder();
                for (ByteBuffer next = one.take(); next != null; next = one.take()) {
                    text.append(StandardCharsets.ISO_8859_1.decode(next));
                }
                List<String> words = new ArrayList<>(List.of(
                        FakeDisk.commands(text.toString()).replace("\n", " ").split(" ")));
                if (entry.value instanceof SetValue) {
                    words.sort(null);
                }
                keys.add(entry.key + ": " + words);
            });
        } finally {
            kv.store.unlock(KvStore.ALL_STRIPES);
        }
        keys.sort(null);
        return String.join("\n", keys);
    }
}
