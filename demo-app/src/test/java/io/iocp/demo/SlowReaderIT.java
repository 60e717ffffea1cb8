package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.TestReporter;

/**
 * One client writes as fast as it can and reads slowly, and 200 others are at work: the process needs no more memory than the
 * documentation says. {@code -Diocp.slow-reader.bytes=1073741824} for more than a build should wait for.
 */
class SlowReaderIT {
    private static final long BYTES = Long.getLong("iocp.slow-reader.bytes", 64L << 20);
    private static final int OTHERS = 200;
    private static final int MESSAGES = 200;
    private static final int HEAP_MB = 96;
    private static final int NATIVE_MB = 48;

    /** Classes, compiled code, threads and the collector of the JVM, with Spring Boot, Tomcat and the metrics: see docs/limits.md. */
    private static final int JVM_MB = 260;

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @EachEngine
    void memoryStaysWithinItsBound(EngineChoice engine, TestReporter reporter) throws Exception {
        try (PackagedServer server = PackagedServer.startAfter(
                "export JAVA_TOOL_OPTIONS='-Xmx%dm -XX:MaxDirectMemorySize=%dm'".formatted(HEAP_MB, NATIVE_MB),
                engine,
                "--iocp.memory.max=" + NATIVE_MB + "MB")) {
            InetSocketAddress echo = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port("echo"));
            Latencies alone = new Latencies();
            new EchoClients(echo, OTHERS, MESSAGES, (port, message, nanos) -> alone.add(nanos)).run(PATIENCE, () -> {});
            Latencies beside = new Latencies();
            long[] read = new long[1];
            AtomicLong written = new AtomicLong();
            long start = System.nanoTime();
            try (Socket slow = new Socket()) {
                slow.setReceiveBufferSize(64 << 10);
                slow.connect(echo);
                CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(slow, written));
                int rounds = 0;
                InputStream in = slow.getInputStream();
                byte[] some = new byte[1 << 20];
                // It reads a little, and not again before the others have had a round.
                while (read[0] < BYTES) {
                    long part = Math.max(some.length, BYTES / 8);
                    for (long end = Math.min(BYTES, read[0] + part); read[0] < end; ) {
                        int count = in.read(some, 0, (int) Math.min(some.length, end - read[0]));
                        assertThat(count).isPositive();
                        read[0] += count;
                    }
                    new EchoClients(echo, OTHERS, MESSAGES, (port, message, nanos) -> beside.add(nanos))
                            .run(PATIENCE, () -> {});
                    rounds++;
                }
                writing.get();
                assertThat(beside.count()).isEqualTo(OTHERS * MESSAGES * rounds);
            }
            long mostMb = peakMemoryKb(server.program().pid()) >> 10;
            reporter.publishEntry(
                    ("%d MiB to a slow reader on %s in %d s: at most %d MiB of %d; others' latency p50/p99 %.2f/%.2f ms"
                                    + " without it, %.2f/%.2f ms with it")
                            .formatted(
                                    BYTES >> 20,
                                    engine,
                                    (System.nanoTime() - start) / 1_000_000_000,
                                    mostMb,
                                    HEAP_MB + NATIVE_MB + JVM_MB,
                                    alone.millis(0.5),
                                    alone.millis(0.99),
                                    beside.millis(0.5),
                                    beside.millis(0.99)));
            assertThat(mostMb).isLessThanOrEqualTo(HEAP_MB + NATIVE_MB + JVM_MB);
            assertThat(server.output()).doesNotContain("WARN", "ERROR", "OutOfMemory");
        }
    }

    private static void write(Socket slow, AtomicLong written) {
        try {
            OutputStream out = slow.getOutputStream();
            byte[] some = new byte[64 << 10];
            while (written.get() < BYTES) {
                out.write(some, 0, (int) Math.min(some.length, BYTES - written.get()));
                written.addAndGet(some.length);
            }
        } catch (IOException e) {
            throw new AssertionError("after " + written + " bytes", e);
        }
    }

    private static long peakMemoryKb(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
