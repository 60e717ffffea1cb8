package io.iocp.demo.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.DemoServer;
import io.iocp.demo.Program;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The TLS servers as they are by default, with the certificates that the application makes, and the clients that everybody has. */
class TlsClientsIT {
    /** {@code -Diocp.tls.file-bytes=1073741824} for more than a build should wait for. */
    private static final long LARGE_BYTES = Long.getLong("iocp.tls.file-bytes", 256L << 20);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    private static Path large = Path.of("");

    @BeforeAll
    static void makeSite() throws IOException {
        Path root = Files.createDirectory(directory.resolve("root")).toRealPath();
        Files.writeString(root.resolve("small.txt"), "hello\n");
        large = root.resolve("large.bin");
        byte[] piece = new byte[1_000_003];
        Random random = new Random(8490);
        try (FileChannel file = FileChannel.open(large, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at : new long[] {0, LARGE_BYTES / 3, LARGE_BYTES - piece.length}) {
                random.nextBytes(piece);
                file.write(ByteBuffer.wrap(piece), at);
            }
        }
    }

    @AfterAll
    static void stop() {
        DemoServer.stopAll();
    }

    private static DemoServer server(EngineChoice engine) {
        return DemoServer.secure(engine, "--demo.files.root=" + large.resolveSibling(""));
    }

    private static String certificate(DemoServer server) {
        return server.property("spring.ssl.bundle.pem.demo.keystore.certificate");
    }

    private static String secondCertificate(DemoServer server) {
        return server.property("spring.ssl.bundle.pem.demo-second.keystore.certificate");
    }

    // ---- openssl s_client

    @EachEngine
    @Needs("openssl")
    void opensslSpeaksBothVersionsAndComesBackToItsSession(EngineChoice engine) {
        DemoServer server = server(engine);
        for (String version : List.of("1.2", "1.3")) {
            String option = "-tls" + version.replace('.', '_');
            String session = directory.resolve(engine + version).toString();

            String first = echo(server, option, "-CAfile", certificate(server), "-sess_out", session);
            assertThat(first)
                    .contains("New, TLSv" + version + ", Cipher is ", "Verify return code: 0 (ok)")
                    .doesNotContain("Reused");

            String again = echo(server, option, "-CAfile", certificate(server), "-sess_in", session);
            assertThat(again).contains("Reused, TLSv" + version + ", Cipher is ");
        }
    }

    @EachEngine
    @Needs("openssl")
    void opensslGetsTheCertificateOfTheNameThatItAsksFor(EngineChoice engine) {
        DemoServer server = server(engine);

        String second = echo(
                server,
                "-CAfile",
                secondCertificate(server),
                "-verify_hostname",
                "second.localhost",
                "-servername",
                "second.localhost");
        assertThat(second).contains("subject=CN = second.localhost", "Verify return code: 0 (ok)");
        for (String name : List.of("localhost", "third.localhost")) {
            String other = echo(server, "-CAfile", certificate(server), "-servername", name);
            assertThat(other).contains("subject=CN = localhost", "Verify return code: 0 (ok)");
        }
        assertThat(echo(server, "-CAfile", certificate(server), "-noservername"))
                .contains("subject=CN = localhost");
    }

    /** Sends a line through {@code echo-tls}, waits for it to come back, closes, and returns all that was printed. */
    static String echo(DemoServer server, String... options) {
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-verify_return_error",
                "-connect",
                "127.0.0.1:" + server.portNumber("echo-tls")));
        command.addAll(List.of(options));
        try (Program client = Program.startInteractive(command.toArray(String[]::new))) {
            client.type("what goes there");
            await().atMost(PATIENCE).until(() -> client.output().contains("\nwhat goes there\n") || !client.isAlive());
            String printed = client.output();
            assertThat(printed).contains("\nwhat goes there\n");
            client.type("Q");
            assertThat(client.await(PATIENCE)).as(client.output()).isZero();
            return printed;
        }
    }

    // ---- Redis' own clients

    @EachEngine
    @Needs("redis-cli")
    void redisCliSetsAndGets(EngineChoice engine) {
        DemoServer server = server(engine);

        assertThat(redis("redis-cli", server, "set", "cli", "1")).isEqualTo("OK\n");
        assertThat(redis("redis-cli", server, "incr", "cli")).isEqualTo("2\n");
        // The same store as without TLS.
        assertThat(Program.run(PATIENCE, "redis-cli", "-p", "" + server.portNumber("kv"), "get", "cli"))
                .isEqualTo("2\n");
    }

    @EachEngine
    @Needs("redis-benchmark")
    void redisBenchmarkRunsWithoutAnError(EngineChoice engine) {
        DemoServer server = server(engine);
        DemoServer.Usage before = server.usageWithoutClients();

        for (String pipeline : List.of("1", "16")) {
            String printed = redis(
                    "redis-benchmark",
                    server,
                    "-n",
                    "5000",
                    "-c",
                    "50",
                    "-P",
                    pipeline,
                    "-q",
                    "-t",
                    "ping_mbulk,set,get,lrange_100,mset");
            assertThat(printed).doesNotContainIgnoringCase("err").doesNotContain("WARN");
            assertThat(printed.split("requests per second", -1)).hasSizeGreaterThan(5);
        }
        server.awaitUsage(before);
    }

    private static String redis(String program, DemoServer server, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                program,
                "--tls",
                "--cacert",
                certificate(server),
                "-h",
                "127.0.0.1",
                "-p",
                "" + server.portNumber("kv-tls")));
        command.addAll(List.of(arguments));
        return Program.run(PATIENCE, command.toArray(String[]::new));
    }

    // ---- curl

    @EachEngine
    @Needs("curl")
    void curlGetsASmallFileByBothNames(EngineChoice engine) {
        DemoServer server = server(engine);
        int port = server.portNumber("files-tls");

        assertThat(curl("--cacert", certificate(server), "-v", "https://localhost:" + port + "/small.txt"))
                .contains("ALPN: server accepted http/1.1", "HTTP/1.1 200 OK", "\nhello\n");
        assertThat(curl(
                        "--cacert",
                        secondCertificate(server),
                        "-r",
                        "1-3",
                        "https://second.localhost:" + port + "/small.txt"))
                .isEqualTo("ell");
    }

    private static String curl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--noproxy", "*"));
        command.addAll(List.of(arguments));
        return Program.run(PATIENCE, command.toArray(String[]::new));
    }

    @EachEngine
    @Needs("curl")
    void curlGetsALargeFileWithEveryByteRight(EngineChoice engine) throws Exception {
        DemoServer server = server(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        String url = "https://localhost:" + server.portNumber("files-tls") + "/large.bin";

        String sum = Program.run(
                PATIENCE.multipliedBy(5),
                "bash",
                "-c",
                "set -o pipefail; curl -sS --noproxy '*' --cacert '" + certificate(server) + "' " + url
                        + " | sha256sum");

        assertThat(sum).startsWith(sha256(large));
        server.awaitUsage(before);
    }

    private static String sha256(Path file) throws IOException, GeneralSecurityException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
