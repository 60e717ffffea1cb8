package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.demo.kv.AppendOnlyFile.Fsync;
import io.iocp.demo.kv.Journal.Commit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AppendOnlyFileTest {

    private static final long SEED = Long.getLong("iocp.seed", 5_2026L);

    private final List<String> told = new ArrayList<>();

    // ---- always

    @Test
    void shouldHoldAReplyUntilItsRecordIsWrittenAndSynchronised() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        assertThat(await(kv, "a")).isEqualTo(Commit.PENDING);

        kv.file.endWrite();
        assertThat(told).isEmpty();
        kv.file.endSync();

        assertThat(told).containsExactly("a");
        assertThat(await(kv, "a")).isEqualTo(Commit.DURABLE);
        assertThat(kv.file.text()).isEqualTo("SET a 1\n");
    }

    @Test
    void shouldNotHoldTheRepliesToReads() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("GET", "a");

        assertThat(kv.last).isZero();
        assertThat(kv.file.isWriting()).isFalse();
    }

    @Test
    void shouldLetAllThatArriveDuringASyncShareTheNextOne() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        await(kv, "a");
        kv.file.endWrite();
        for (int client = 0; client < 100; client++) {
            kv.call("INCR", "n");
            await(kv, "n");
        }
        assertThat(kv.file.isWriting()).isFalse();
        kv.file.endSync();
        assertThat(told).containsExactly("a");
        kv.file.run();

        assertThat(told).hasSize(101);
        assertThat(kv.file.writes).isEqualTo(2);
        assertThat(kv.file.syncs).isEqualTo(2);
    }

    @Test
    void shouldNotCountARecordAsSynchronisedThatWasWrittenAfterTheSyncBegan() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        kv.file.endWrite();
        kv.call("SET", "b", "1");
        await(kv, "b");

        kv.file.endSync();
        assertThat(told).isEmpty();
        kv.file.endWrite();
        assertThat(told).isEmpty();
        kv.file.endSync();
        assertThat(told).containsExactly("b");
    }

    @Test
    void shouldSynchroniseWhatIsWrittenBeforeItWritesMore() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        await(kv, "a");
        kv.call("SET", "b", "1");
        await(kv, "b");

        kv.file.endWrite();
        assertThat(kv.file.isSyncing()).isTrue();
        assertThat(kv.file.isWriting()).isFalse();
        kv.file.endSync();
        assertThat(told).containsExactly("a");
    }

    @Test
    void shouldWriteALargeRecordWholeBeforeItIsSynchronised() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "large", "x".repeat(3 << 20));
        await(kv, "large");

        while (kv.file.isWriting()) {
            assertThat(kv.file.isSyncing()).isFalse();
            kv.file.endWrite();
        }
        kv.file.endSync();

        assertThat(told).containsExactly("large");
        assertThat(kv.file.syncs).isEqualTo(1);
        assertThat(kv.file.text()).hasSize("SET large ".length() + (3 << 20) + 1);
    }

    @Test
    void shouldKeepNobodyWaitingForRoomOnceAWriteIsRefusedAtItsStart() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.file.closed = true;
        kv.call("SET", "large", "x".repeat(17 << 20));

        assertThat(kv.log.isFull()).isFalse();
    }

    @Test
    void shouldRefuseChangesAfterASyncHasFailed() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        await(kv, "a");
        kv.file.endWrite();
        kv.file.failSync("Input/output error");

        assertThat(told).containsExactly("a");
        assertThat(await(kv, "a")).isEqualTo(Commit.LOST);
        assertThat(kv.call("SET", "b", "1"))
                .isEqualTo(
                        "(error) MISCONF Errors writing to the AOF file: Input/output error. Writes are refused until"
                                + " BGREWRITEAOF has written it anew, or the server is restarted");
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.log.facts())
                .containsEntry("aof_last_write_status", "err")
                .containsEntry("aof_last_write_error", "Input/output error");
        assertThat(kv.ticks).isZero();
        assertThat(kv.file.isWriting()).isFalse();
    }

    @Test
    void shouldRefuseChangesAfterAWriteHasFailed() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        await(kv, "a");
        kv.file.failWrite(5, "No space left on device");

        assertThat(told).containsExactly("a");
        assertThat(await(kv, "a")).isEqualTo(Commit.LOST);
        assertThat(kv.call("INCR", "n")).contains("MISCONF", "No space left on device");
    }

    @Test
    void shouldTellThoseWhoWaitWhenAWriteCannotEvenBegin() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        await(kv, "a");
        kv.file.endWrite();
        kv.call("SET", "b", "1");
        await(kv, "b");
        kv.file.closed = true;
        kv.file.endSync();

        assertThat(told).containsExactly("a", "b");
        assertThat(await(kv, "b")).isEqualTo(Commit.LOST);
    }

    @Test
    void shouldTakeChangesAgainOnceItIsWrittenAnew() throws CorruptLogException {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        kv.file.endWrite();
        kv.file.failSync("Input/output error");

        assertThat(kv.call("BGREWRITEAOF")).isEqualTo("Background append only file rewriting started");
        kv.runRewrite();
        assertThat(kv.call("SET", "b", "2")).isEqualTo("OK");
        assertThat(await(kv, "b")).isEqualTo(Commit.PENDING);
        kv.settle();

        assertThat(told).containsExactly("b");
        assertThat(kv.log.facts()).containsEntry("aof_last_write_status", "ok");
        assertThat(JournaledKv.dump(JournaledKv.replay(kv.disk.logs.getLast().bytes())))
                .isEqualTo(JournaledKv.dump(kv.kv));
    }

    // ---- everysec and no

    @Test
    void shouldReplyAtOnceAndSynchroniseOnceASecond() {
        JournaledKv kv = new JournaledKv(Fsync.EVERYSEC);
        kv.call("SET", "a", "1");
        assertThat(kv.last).isZero();
        assertThat(kv.ticks).isEqualTo(1);
        kv.file.endWrite();
        kv.call("SET", "b", "1");
        kv.file.endWrite();
        assertThat(kv.file.isSyncing()).isFalse();

        kv.log.tick();
        assertThat(kv.file.isSyncing()).isTrue();
        kv.call("SET", "c", "1");
        assertThat(kv.file.isWriting()).as("a write beside the sync").isTrue();
        kv.file.endWrite();
        kv.file.endSync();
        assertThat(kv.ticks).as("c is not synchronised").isEqualTo(2);

        kv.log.tick();
        kv.file.endSync();
        kv.log.tick();
        assertThat(kv.ticks).as("the last one found nothing to do").isEqualTo(3);
    }

    @Test
    void shouldLetAllThatArriveDuringAWriteShareTheNextOne() {
        JournaledKv kv = new JournaledKv(Fsync.EVERYSEC);
        for (int i = 0; i < 100; i++) {
            kv.call("INCR", "n");
        }
        assertThat(kv.file.writes).isEqualTo(1);
        kv.file.endWrite();
        kv.file.endWrite();

        assertThat(kv.file.writes).isEqualTo(2);
        assertThat(kv.file.text()).isEqualTo("INCR n\n".repeat(100));
    }

    @Test
    void shouldNotSynchroniseByItselfIfNotAskedTo() {
        JournaledKv kv = new JournaledKv(Fsync.NO);
        kv.call("SET", "a", "1");
        kv.file.run();

        assertThat(kv.file.syncs).isZero();
        assertThat(kv.ticks).isZero();
    }

    @Test
    void shouldWriteAgainWhatFailedAndRefuseChangesMeanwhile() {
        JournaledKv kv = new JournaledKv(Fsync.EVERYSEC);
        kv.call("SET", "a", "1");
        kv.call("SET", "b", "2");
        kv.file.failWrite(7, "No space left on device");
        assertThat(kv.file.isWriting()).isFalse();
        assertThat(kv.call("SET", "c", "3"))
                .isEqualTo("(error) MISCONF Errors writing to the AOF file: No space left on device");
        assertThat(kv.log.failing()).isEqualTo("No space left on device");

        kv.log.tick();
        kv.file.failWrite(0, "No space left on device");
        kv.log.tick();
        kv.file.run();

        assertThat(kv.call("SET", "c", "3")).isEqualTo("OK");
        kv.file.run();
        assertThat(kv.log.failing()).isNull();
        assertThat(kv.file.text()).isEqualTo("SET a 1\nSET b 2\nSET c 3\n");
    }

    @Test
    void shouldTryAFailedSyncAgain() {
        JournaledKv kv = new JournaledKv(Fsync.EVERYSEC);
        kv.call("SET", "a", "1");
        kv.file.endWrite();
        kv.log.tick();
        kv.file.failSync("Input/output error");
        assertThat(kv.log.failing()).isEqualTo("Input/output error");
        assertThat(kv.ticks).isEqualTo(2);

        kv.log.tick();
        kv.file.endSync();
        assertThat(kv.log.failing()).isNull();
    }

    // ---- bounds

    @Test
    void shouldBeFullAtItsBoundAndTellWhenThereIsRoom() {
        JournaledKv kv = new JournaledKv(Fsync.NO);
        String value = "x".repeat(1 << 20);
        int calls = 0;
        while (!kv.log.isFull()) {
            kv.call("SET", "a", value);
            calls++;
        }
        assertThat(calls).isEqualTo((int) (AppendOnlyFile.WAITING_BYTES >> 20));
        assertThat(kv.log.awaitRoom(() -> told.add("room"))).isTrue();

        while (told.isEmpty()) {
            assertThat(kv.log.isFull()).isTrue();
            kv.file.endWrite();
        }
        assertThat(told).containsExactly("room");
        assertThat((long) kv.file.bytes().length).isGreaterThan(AppendOnlyFile.WAITING_BYTES / 2);
        assertThat(kv.log.awaitRoom(() -> told.add("no"))).isFalse();
    }

    // ---- the rewrite

    @Test
    void shouldRewriteToTheShortestLogAndGoOnInIt() throws CorruptLogException {
        JournaledKv kv = new JournaledKv(Fsync.EVERYSEC);
        for (int i = 0; i < 1000; i++) {
            kv.call("INCR", "n");
        }
        kv.call("SET", "mortal", "1", "PX", "5000");
        kv.settle();
        int before = kv.file.bytes().length;

        assertThat(kv.call("BGREWRITEAOF")).isEqualTo("Background append only file rewriting started");
        assertThat(kv.call("BGREWRITEAOF"))
                .isEqualTo("(error) ERR Background append only file rewriting already in progress");
        assertThat(kv.log.facts()).containsEntry("aof_rewrite_in_progress", 1);
        kv.runRewrite();

        assertThat(kv.disk.calls).containsExactly("create", "replace", "syncDirectory");
        assertThat(kv.file.closed).isTrue();
        FakeDisk.FakeFile anew = kv.disk.logs.getLast();
        assertThat(anew.text().lines())
                .containsExactlyInAnyOrder("SET n 1000", "SET mortal 1 PXAT " + (Kv.START_MILLIS + 5000));
        assertThat(anew.synced).isEqualTo(anew.bytes().length).isLessThan(before);
        assertThat(kv.log.facts())
                .containsEntry("aof_rewrite_in_progress", 0)
                .containsEntry("aof_last_bgrewrite_status", "ok")
                .containsEntry("aof_current_size", (long) anew.bytes().length);

        kv.call("INCR", "n");
        kv.settle();
        assertThat(JournaledKv.dump(JournaledKv.replay(anew.bytes()))).isEqualTo(JournaledKv.dump(kv.kv));
        assertThat(kv.call("BGREWRITEAOF")).isEqualTo("Background append only file rewriting started");
    }

    @Test
    void shouldSplitLongValuesIntoSeveralCommands() throws CorruptLogException {
        JournaledKv kv = new JournaledKv(Fsync.NO);
        for (int i = 0; i < 500; i++) {
            kv.call("RPUSH", "l", "e" + i);
            kv.call("SADD", "s", "e" + i);
            kv.call("HSET", "h", "f" + i, "v" + i);
            kv.settle();
        }
        kv.call("PEXPIRE", "h", "10000");
        kv.call("BGREWRITEAOF");
        kv.settle();
        kv.runRewrite();

        byte[] anew = kv.disk.logs.getLast().bytes();
        assertThat(kv.disk.logs).hasSize(2);
        assertThat(JournaledKv.dump(JournaledKv.replay(anew))).isEqualTo(JournaledKv.dump(kv.kv));
    }

    /** Changes of all kinds between any two steps of many rewrites, some of which fail. */
    @Test
    void shouldHaveTheStoreInTheLogHoweverRewritesAndChangesMix() throws CorruptLogException {
        for (Fsync fsync : Fsync.values()) {
            mix(fsync, new Random(SEED));
        }
    }

    private void mix(Fsync fsync, Random random) throws CorruptLogException {
        JournaledKv kv = new JournaledKv(fsync);
        int rewrites = 0;
        for (int step = 0; step < 15_000; step++) {
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3, 4 -> kv.call(RandomCommands.next(random));
                case 5 -> endSomething(kv, random);
                case 6 -> kv.kv.clock.advance(random.nextInt(10));
                case 7 -> {
                    if (kv.work > 0) {
                        kv.work--;
                        kv.log.work(kv.kv.store);
                    }
                }
                case 8 -> {
                    if (random.nextInt(8) == 0 && !kv.call("BGREWRITEAOF").startsWith("(error)")) {
                        rewrites++;
                        kv.disk.replaceFailure = random.nextInt(4) == 0 ? new IOException("not now") : null;
                    }
                    // A value larger than what is copied ahead, so that the copy has to pause.
                    if (random.nextInt(100) == 0) {
                        kv.call("SET", "large" + random.nextInt(3), "y".repeat(600_000));
                    }
                }
                default -> kv.log.tick();
            }
            if (step % 1500 == 1499) {
                kv.settle();
                assertThat(JournaledKv.dump(
                                JournaledKv.replay(kv.disk.logs.getLast().bytes(), kv.kv.clock.millis())))
                        .as("%s, seed %d, step %d", fsync, SEED, step)
                        .isEqualTo(JournaledKv.dump(kv.kv));
            }
        }
        assertThat(rewrites).isGreaterThan(3);
        assertThat(kv.disk.logs.size()).isGreaterThan(2);
    }

    private static void endSomething(JournaledKv kv, Random random) {
        FakeDisk.FakeFile next = kv.disk.next;
        FakeDisk.FakeFile file = next != null && random.nextBoolean() ? next : kv.disk.logs.getLast();
        if (file.isWriting()) {
            file.endWrite();
        } else if (file.isSyncing()) {
            file.endSync();
        }
    }

    @Test
    void shouldHoldRepliesForBothFilesWhileOneTakesOverFromTheOther() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        kv.settle();
        kv.call("BGREWRITEAOF");
        kv.log.work(kv.kv.store);
        FakeDisk.FakeFile next = Objects.requireNonNull(kv.disk.next);

        kv.call("SET", "b", "1");
        await(kv, "b");
        kv.file.run();
        assertThat(told).as("in the old file only").isEmpty();
        next.run();

        assertThat(told).containsExactly("b");
    }

    @Test
    void shouldKeepTheOldFileWhenTheNewOneCannotBeWritten() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        kv.settle();
        kv.call("BGREWRITEAOF");
        kv.work = 0;
        kv.log.work(kv.kv.store);
        FakeDisk.FakeFile next = Objects.requireNonNull(kv.disk.next);
        kv.call("SET", "b", "1");
        await(kv, "b");
        kv.file.run();
        next.failWrite(0, "No space left on device");
        kv.runRewrite();

        assertThat(told).containsExactly("b");
        assertThat(next.closed).isTrue();
        assertThat(kv.disk.calls).containsExactly("create", "discard");
        assertThat(kv.log.facts())
                .containsEntry("aof_last_bgrewrite_status", "err")
                .containsEntry("aof_last_write_status", "ok")
                .containsEntry("aof_rewrite_in_progress", 0);
        assertThat(kv.call("SET", "c", "1")).isEqualTo("OK");
    }

    @Test
    void shouldRefuseChangesIfNobodyKnowsWhichFileIsThere() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.disk.directoryFailure = new IOException("Input/output error");
        kv.call("BGREWRITEAOF");
        kv.runRewrite();

        assertThat(kv.call("SET", "a", "1")).contains("MISCONF", "directory could not be synchronised");
        // A command that had begun before.
        assertThat(kv.log.await(
                        kv.log.record(Journal.Keys.ONE, new byte[] {'S', 'E', 'T'}, new byte[1], new byte[1]),
                        () -> {}))
                .isEqualTo(Commit.LOST);
    }

    // ---- the end

    @Test
    void shouldWriteAndSynchroniseEverythingWhenItIsClosed() throws InterruptedException {
        for (Fsync fsync : Fsync.values()) {
            JournaledKv kv = new JournaledKv(fsync);
            kv.call("SET", "a", "1");
            kv.call("SET", "b", "1");
            boolean[] clean = new boolean[1];
            Thread closing = new Thread(() -> clean[0] = kv.log.close(20_000));
            closing.start();
            while (closing.isAlive()) {
                closing.join(1);
                kv.file.run();
            }

            assertThat(clean[0]).isTrue();
            assertThat(kv.file.closed).isTrue();
            assertThat(kv.file.text()).isEqualTo("SET a 1\nSET b 1\n");
            assertThat(kv.file.synced).isEqualTo(kv.file.bytes().length);
            assertThat(kv.call("SET", "c", "1")).startsWith("(error) MISCONF");
        }
    }

    @Test
    void shouldSayThatItIsNotAllOnDiskWhenItIsClosed() {
        JournaledKv kv = new JournaledKv(Fsync.EVERYSEC);
        kv.call("SET", "a", "1");

        assertThat(kv.log.close(1)).isFalse();
        assertThat(kv.file.closed).isTrue();
    }

    @Test
    void shouldGiveARewriteUpWhenItIsClosed() {
        JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
        kv.call("SET", "a", "1");
        kv.settle();
        kv.call("BGREWRITEAOF");
        kv.log.work(kv.kv.store);

        assertThat(kv.log.close(1000)).isTrue();
        assertThat(kv.disk.calls).containsExactly("create", "discard");
        kv.runRewrite();
        assertThat(kv.disk.logs).hasSize(1);
    }

    private Commit await(JournaledKv kv, String who) {
        return kv.log.await(kv.last, () -> told.add(who));
    }
}
