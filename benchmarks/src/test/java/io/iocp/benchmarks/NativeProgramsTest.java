package io.iocp.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.Needs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs in C, compiled as for a measurement, and each against another. */
@Needs({"gcc", "io_uring"})
@Timeout(60)
class NativeProgramsTest {
    private static final Path SOURCES = Path.of("src", "main", "c");
    private static final String WRONG = "came back wrong";

    /** For each line it executes so many rounds of two instructions, and says when it is done. */
    private static final String LOOP = """
            #define _GNU_SOURCE
            #include <sched.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/prctl.h>
            int main(void) {
                cpu_set_t one;
                CPU_ZERO(&one);
                CPU_SET(sched_getcpu(), &one);
                sched_setaffinity(0, sizeof one, &one);
                prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
                char line[64];
                while (fgets(line, sizeof line, stdin) != NULL) {
                    unsigned long rounds = strtoul(line, NULL, 10);
                    __asm__ volatile("1: dec %0\\n jnz 1b" : "+r"(rounds));
                    puts("done");
                    fflush(stdout);
                }
            }
            """;

    @TempDir
    private static Path programs;

    private final Collection<AutoCloseable> open = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void compile() throws IOException {
        Path loop = Files.writeString(programs.resolve("loop.c"), LOOP);
        List<Process> compilers = List.of(
                gcc(SOURCES.resolve("echo-server.c")),
                gcc(SOURCES.resolve("echo-load.c")),
                gcc(SOURCES.resolve("count-steps.c")),
                gcc(SOURCES.resolve("block-reader.c")),
                gcc(loop));
        for (Process compiler : compilers) {
            String said = new String(compiler.getInputStream().readAllBytes(), UTF_8);
            assertThat(compiler.onExit().join().exitValue()).as(said).isZero();
        }
    }

    private static Process gcc(Path source) throws IOException {
        String program = source.getFileName().toString().replace(".c", "");
        return new ProcessBuilder(
                        "gcc",
                        "-O2",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-o",
                        programs.resolve(program).toString(),
                        source.toString())
                .redirectErrorStream(true)
                .start();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, 64, 1",
        "1, 0, 1024, 32",
        "50, 0, 64, 1",
        "50, 0, 64, 32",
        "50, 0, 1001, 1",
        "1000, 20, 1024, 32",
        "1000, 0, 64, 1",
        "2, 0, 1048576, 1"
    })
    void shouldMeasureWhatTheServerEchoes(int connections, int active, int bytes, int depth) throws IOException {
        Server server = server();
        Program load = start("echo-load");

        assertThat(load.ask("connect " + server.port() + " " + connections + " " + bytes))
                .isEqualTo("connected " + connections);
        Map<String, Long> figures = figures(load.ask("run active=" + active + " depth=" + depth
                + " warm=20 millis=100 messages=0 server=" + server.program().pid()));

        assertThat(figures.get("messages")).isPositive();
        assertThat(figures.get("nanos")).isBetween(millis(100), millis(10_000));
        assertThat(figures.get("server_cpu_nanos")).isBetween(1L, millis(10_000));
        assertThat(figures.get("load_cpu_nanos")).isBetween(1L, millis(10_000));
        assertThat(figures).containsKeys("server_user_ticks", "server_system_ticks");
        assertThat(List.of(figures.get("p50"), figures.get("p99"), figures.get("p999"), figures.get("max")))
                .isSorted()
                .allMatch(nanos -> nanos > 0);
        assertThat(load.ask("close")).isEqualTo("closed");
    }

    @Test
    void shouldSendExactlyAsManyMessagesAsAsked() throws IOException {
        Server server = server();
        Program load = start("echo-load");
        load.ask("connect " + server.port() + " 3 64");

        for (String run : List.of("active=0 depth=1", "active=2 depth=1", "active=1 depth=16")) {
            assertThat(figures(load.ask("run " + run + " messages=1000")).get("messages"))
                    .isEqualTo(1000);
        }
        assertThat(figures(load.ask("run active=0 depth=4 messages=2")).get("messages"))
                .isEqualTo(2);
        long before = echoes(server);
        load.ask("run active=3 depth=1 messages=500");

        assertThat(echoes(server) - before).isEqualTo(500);
    }

    @Test
    void shouldEchoWithARingThatMayChangeItsThread() throws IOException {
        Server server = server("shared");
        Program load = start("echo-load");
        load.ask("connect " + server.port() + " 1000 64"); // as many as the server has buffers, at once

        load.ask("run active=0 depth=2 messages=20000");

        assertThat(echoes(server)).isGreaterThanOrEqualTo(10_000); // two messages may come as one
        assertThat(load.ask("close")).isEqualTo("closed");
    }

    @Test
    void shouldOpenAndCloseConnectionsAgainAndAgain() throws IOException {
        Server server = server();
        Program load = start("echo-load");

        Map<String, Long> figures = figures(load.ask("churn " + server.port() + " 20 warm=20 millis=100 server="
                + server.program().pid()));

        assertThat(figures.get("messages")).isPositive();
        assertThat(echoes(server)).isGreaterThanOrEqualTo(figures.getOrDefault("messages", 0L));
    }

    /** The server is made to hold all of its buffers, and to send what is left of short sends. */
    @Test
    void shouldKeepTheOrderWhereAClientReadsLate() throws IOException {
        byte[] block = new byte[1 << 20];
        new Random(1).nextBytes(block);
        int blocks = 32;
        AtomicLong written = new AtomicLong();
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server().port())) {
            Thread.ofVirtual().start(() -> {
                try {
                    OutputStream out = client.getOutputStream();
                    for (int i = 0; i < blocks; i++) {
                        out.write(block);
                        written.addAndGet(block.length);
                    }
                    client.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            await().atMost(Duration.ofSeconds(20)).until(() -> written.get() >= 4L * block.length);

            InputStream in = client.getInputStream();
            for (int i = 0; i < blocks; i++) {
                assertThat(Arrays.mismatch(in.readNBytes(block.length), block)).isEqualTo(-1);
            }
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 63, 64 * 99 + 50, 64 * 200 + 7})
    void shouldNoticeAByteThatIsWrong(int position) throws IOException {
        Program load = start("echo-load");
        load.ask("connect " + serverThatBreaks(position, true) + " 1 64");

        assertThat(load.ask("run active=0 depth=1 messages=1000"))
                .startsWith("error ")
                .endsWith(WRONG);
        assertThat(load.end()).isEqualTo(1);
    }

    @Test
    void shouldNoticeAnEarlyEnd() throws IOException {
        Program load = start("echo-load");
        load.ask("connect " + serverThatBreaks(6400, false) + " 1 64");

        assertThat(load.ask("run active=0 depth=1 messages=1000")).startsWith("error connection 0");
        assertThat(load.end()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect 1 1 64", "run active=1 depth=1 messages=1", "hello"})
    void shouldSayWhatItCannotDo(String command) throws IOException {
        Program load = start("echo-load");

        assertThat(load.ask(command)).startsWith("error ");
        assertThat(load.end()).isEqualTo(1);
    }

    @Test
    void shouldCountInstructionsAndLetTheProcessGo() throws IOException {
        Program loop = start("loop");
        loop.ask("1"); // what the first line needs: buffers, symbols
        Program counter = start("count-steps", String.valueOf(loop.pid()));
        assertThat(counter.line()).isEqualTo("attached 1 threads");
        int rounds = 5000;

        loop.ask(String.valueOf(rounds));
        String[] said = counter.ask("").split(" ", -1);

        assertThat(figures(said[0]).get("steps")).isBetween(2L * rounds, 2L * rounds + 1000);
        assertThat(said[1]).startsWith(loop.pid() + ":loop=");
        assertThat(counter.end()).isZero();
        assertThat(loop.ask("1000")).isEqualTo("done");
        assertThat(loop.end()).isZero();
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static long echoes(Server server) throws IOException {
        return figures(server.program().ask("")).getOrDefault("echoes", 0L);
    }

    private static Map<String, Long> figures(String line) {
        Map<String, Long> figures = new HashMap<>();
        for (String figure : line.split(" ", -1)) {
            int equals = figure.indexOf('=');
            assertThat(equals).as(line).isPositive();
            figures.put(figure.substring(0, equals), Long.valueOf(figure.substring(equals + 1)));
        }
        return figures;
    }

    /** Echoes on one connection, but sends the byte at that position wrong, or ends there. */
    private int serverThatBreaks(int position, boolean wrong) throws IOException {
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        open.add(listener);
        Thread.ofVirtual().start(() -> {
            try (Socket client = listener.accept()) {
                byte[] buffer = new byte[64];
                int at = 0;
                for (int length; (length = client.getInputStream().read(buffer)) > 0; at += length) {
                    if (position >= at && position < at + length) {
                        if (!wrong) {
                            return;
                        }
                        buffer[position - at]++;
                    }
                    client.getOutputStream().write(buffer, 0, length);
                }
            } catch (IOException e) {
                // The load generator has noticed, and is gone.
            }
        });
        return listener.getLocalPort();
    }

    private Server server(String... arguments) throws IOException {
        Program server = start("echo-server", arguments);
        String said = server.line();
        assertThat(said).startsWith("listening ");
        return new Server(server, Integer.parseInt(said.substring("listening ".length())));
    }

    private record Server(Program program, int port) {}

    private Program start(String name, String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = programs.resolve(name).toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Program program = new Program(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        open.add(program);
        return program;
    }

    /** A program that answers a line by a line, and ends with its input. */
    private static final class Program implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;
        private final Writer input;

        Program(Process process) {
            this.process = process;
            this.output = process.inputReader(UTF_8);
            this.input = process.outputWriter(UTF_8);
        }

        long pid() {
            return process.pid();
        }

        String line() throws IOException {
            String line = output.readLine();
            assertThat(line).isNotNull();
            return line;
        }

        String ask(String line) throws IOException {
            input.write(line + "\n");
            input.flush();
            return line();
        }

        int end() throws IOException {
            process.getOutputStream().close();
            return process.onExit().join().exitValue();
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
