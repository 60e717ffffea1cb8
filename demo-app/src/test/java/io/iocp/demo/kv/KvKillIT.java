package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.PackagedServer;
import io.iocp.demo.Program;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the packaged application with SIGKILL while it is written to, again and again with the same append-only file, which is
 * synchronised before each reply; every second time while the file is being rewritten as well. Each time everything that was
 * acknowledged must be there after the restart.
 *
 * <p>As often as {@code -Diocp.kills} says, twice by default.
 */
class KvKillIT {

    private static final int KILLS = Integer.getInteger("iocp.kills", 2);
    private static final long SEED = Long.getLong("iocp.seed", System.nanoTime());

    @TempDir
    Path directory;

    @EachEngine
    @Needs("redis-benchmark")
    void whatWasAcknowledgedIsThereAfterAKill(EngineChoice engine) throws IOException, InterruptedException {
        Path log = directory.resolve("kv.aof");
        Random random = new Random(SEED);
        AcknowledgedWrites client = new AcknowledgedWrites(SEED);
        PackagedServer server = start(engine, log);
        try {
            for (int kill = 1; kill <= KILLS; kill++) {
                killUnderLoad(server, client, random, kill % 2 == 0);
                server.close();
                long tail = tornTail(log);

                server = start(engine, log);
                int port = server.kvPort();
                assertThat(client.missing(port))
                        .as("kill %d, seed %d, %s", kill, SEED, server.output())
                        .isEmpty();
                assertThat(server.output().contains("bytes cut off")).isEqualTo(tail > 0);
                System.out.printf(
                        "%s, kill %d: %d acknowledged keys are there; the log has %d bytes, %d of a torn command%n",
                        engine, kill, client.acknowledged(), Files.size(log), tail);
            }
            assertThat(client.refusals()).isEmpty();
        } finally {
            server.close();
        }
    }

    private static PackagedServer start(EngineChoice engine, Path log) {
        return PackagedServer.start(
                engine, "--iocp.concurrency=2", "--demo.kv.append-only=" + log, "--demo.kv.append-fsync=always");
    }

    private static void killUnderLoad(
            PackagedServer server, AcknowledgedWrites client, Random random, boolean whileRewriting)
            throws InterruptedException {
        int port = server.kvPort();
        int before = client.acknowledged();
        try (Program load = Program.start(
                "redis-benchmark", "-p", "" + port, "-n", "100000000", "-c", "50", "-q", "-t", "set", "-r", "10000")) {
            await().atMost(Duration.ofSeconds(60)).until(() -> load.output().contains("rps="));
            client.start(port, 5, 1);
            client.start(port, 5, 20);
            int enough = before + 500 + random.nextInt(1500);
            await().atMost(Duration.ofMinutes(2)).until(() -> client.acknowledged() >= enough);
            if (whileRewriting) {
                Program.run(Duration.ofSeconds(30), "redis-cli", "-p", "" + port, "bgrewriteaof");
            }
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(whileRewriting ? 150 : 20));
            await().pollInterval(Duration.ofMillis(1)).until(() -> System.nanoTime() >= end);
            server.kill();
        }
        client.awaitEnd();
    }

    /** Reads the log as it was left. Only its end may be incomplete; how many bytes that is. */
    private static long tornTail(Path log) throws IOException {
        try (FileChannel file = FileChannel.open(log);
                Arena arena = Arena.ofConfined()) {
            LogReader reader = new LogReader(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena));
            while (reader.next() != null) {
                assertThat(reader.whole()).isPositive();
            }
            assertThat(reader.hasCommandBehindTheCut(name -> true)).isFalse();
            return file.size() - reader.whole();
        }
    }
}
