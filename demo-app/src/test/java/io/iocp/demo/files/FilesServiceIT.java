package io.iocp.demo.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.DemoServer;
import io.iocp.demo.Program;
import io.iocp.demo.files.HttpSocket.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class FilesServiceIT {

    private static final byte[] BIG = new byte[5_000_001];
    private static final String GET_SMALL = "GET /small.txt HTTP/1.1\r\nHost: test\r\n\r\n";
    private static final long SPARSE_BYTES = 3L << 30;

    @TempDir
    static Path directory;

    private static Path root = Path.of("");

    @BeforeAll
    static void makeSite() throws IOException {
        root = Files.createDirectory(directory.resolve("root")).toRealPath();
        new Random(8090).nextBytes(BIG);
        Files.write(root.resolve("big.bin"), BIG);
        Path small = Files.writeString(root.resolve("small.txt"), "hello\n");
        Files.setLastModifiedTime(small, FileTime.from(Instant.parse("2026-01-02T03:04:05.678Z")));
        Files.writeString(root.resolve("empty.txt"), "");
        Files.writeString(root.resolve("a b & c.txt"), "blanks");
        Files.writeString(root.resolve("index.html"), "<p>index</p>");
        Files.createDirectory(root.resolve("sub"));
        Files.writeString(root.resolve("sub/<b>.txt"), "in sub");
        Files.createSymbolicLink(root.resolve("inside"), Path.of("sub"));
        Files.writeString(directory.resolve("secret.txt"), "secret");
        Files.createSymbolicLink(root.resolve("outside.txt"), directory.resolve("secret.txt"));
        Files.createSymbolicLink(root.resolve("outside"), directory);
        try (FileChannel sparse =
                FileChannel.open(root.resolve("sparse.bin"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            sparse.write(UTF_8.encode("the end"), SPARSE_BYTES - 7);
        }
        System.setProperty("demo.files.root", root.toString());
    }

    @AfterAll
    static void stop() {
        System.clearProperty("demo.files.root");
        DemoServer.stopAll();
    }

    // ---- a client of the JDK

    @EachEngine
    void httpClientGetsAFileAndKnowsItAgain(EngineChoice engine) throws Exception {
        DemoServer server = DemoServer.on(engine);
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> first =
                    client.send(request(server, "/small.txt").build(), BodyHandlers.ofString());

            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.body()).isEqualTo("hello\n");
            assertThat(first.headers().map())
                    .containsEntry("content-type", List.of("text/plain; charset=utf-8"))
                    .containsEntry("content-length", List.of("6"))
                    .containsEntry("last-modified", List.of("Fri, 02 Jan 2026 03:04:05 GMT"))
                    .containsEntry("accept-ranges", List.of("bytes"))
                    .containsKeys("date", "server", "etag")
                    .doesNotContainKey("connection");

            String tag = first.headers().firstValue("etag").orElseThrow();
            HttpRequest again =
                    request(server, "/small.txt").header("If-None-Match", tag).build();
            assertThat(client.send(again, BodyHandlers.ofString()).statusCode()).isEqualTo(304);
            HttpRequest since = request(server, "/small.txt")
                    .header("If-Modified-Since", "Fri, 02 Jan 2026 03:04:05 GMT")
                    .build();
            HttpResponse<String> notModified = client.send(since, BodyHandlers.ofString());
            assertThat(notModified.statusCode()).isEqualTo(304);
            assertThat(notModified.headers().firstValue("etag")).contains(tag);
        }
    }

    @EachEngine
    void everyByteArrivesOnManyConnectionsAtOnce(EngineChoice engine) throws Exception {
        DemoServer server = DemoServer.on(engine);
        try (HttpClient client = HttpClient.newHttpClient()) {
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                HttpRequest.Builder request = request(server, "/big.bin");
                if (i % 2 == 1) {
                    request.header("Range", "bytes=" + i * 1000 + "-" + (i * 100_000));
                }
                answers.add(client.sendAsync(request.build(), BodyHandlers.ofByteArray()));
            }
            for (int i = 0; i < answers.size(); i++) {
                HttpResponse<byte[]> answer = answers.get(i).join();
                byte[] expected = i % 2 == 0 ? BIG : Arrays.copyOfRange(BIG, i * 1000, i * 100_000 + 1);
                assertThat(Arrays.equals(answer.body(), expected))
                        .as("answer %s, %s bytes", i, answer.body().length)
                        .isTrue();
                assertThat(answer.statusCode()).isEqualTo(i % 2 == 0 ? 200 : 206);
            }
        }
        awaitNoConnection(server);
    }

    private static HttpRequest.Builder request(DemoServer server, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.portNumber("files") + path))
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(Duration.ofSeconds(60));
    }

    // ---- what is asked for

    @EachEngine
    void partsAreSent(EngineChoice engine) throws IOException {
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            Answer middle = client.get("/small.txt", "Range: bytes=1-3\r\n");
            assertThat(middle.statusLine()).isEqualTo("HTTP/1.1 206 Partial Content");
            assertThat(middle.field("Content-Range")).isEqualTo("bytes 1-3/6");
            assertThat(middle.text()).isEqualTo("ell");
            assertThat(client.get("/small.txt", "Range: bytes=-2\r\n").text()).isEqualTo("o\n");
            assertThat(client.get("/small.txt", "Range: bytes=4-\r\n").text()).isEqualTo("o\n");

            Answer beyond = client.get("/small.txt", "Range: bytes=6-\r\n");
            assertThat(beyond.status()).isEqualTo(416);
            assertThat(beyond.field("Content-Range")).isEqualTo("bytes */6");

            assertThat(client.get("/small.txt", "Range: bytes=0-0,2-2\r\n").status())
                    .isEqualTo(200);
            assertThat(client.get("/small.txt", "Range: bytes=0-0\r\n", "If-Range: \"other\"\r\n")
                            .text())
                    .isEqualTo("hello\n");
            assertThat(client.get("/small.txt", "Range: bytes=0-0\r\n", "If-Range: " + middle.field("ETag") + "\r\n")
                            .text())
                    .isEqualTo("h");
            assertThat(client.head("/small.txt", "Range: bytes=0-0\r\n").field("Content-Length"))
                    .isEqualTo("6");
        }
    }

    @EachEngine
    void partsBeyondTwoGibibytesAreSent(EngineChoice engine) throws IOException {
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            assertThat(client.head("/sparse.bin").field("Content-Length")).isEqualTo("" + SPARSE_BYTES);
            assertThat(client.get("/sparse.bin", "Range: bytes=-7\r\n").text()).isEqualTo("the end");
            assertThat(client.get("/sparse.bin", "Range: bytes=3221225465-3221225467\r\n")
                            .text())
                    .isEqualTo("the");
        }
    }

    @EachEngine
    void headIsTheSameWithoutTheBody(EngineChoice engine) throws IOException {
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            for (String path : List.of("/small.txt", "/empty.txt", "/", "/sub/", "/sub", "/missing")) {
                Answer head = client.head(path);
                Answer get = client.get(path);

                assertThat(head.statusLine()).as(path).isEqualTo(get.statusLine());
                assertThat(head.field("Content-Length")).as(path).isEqualTo("" + get.body().length);
                assertThat(head.field("ETag")).as(path).isEqualTo(get.field("ETag"));
            }
        }
    }

    @EachEngine
    void directoriesHaveAnIndexOrAListing(EngineChoice engine) throws IOException {
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            assertThat(client.get("/").text()).isEqualTo("<p>index</p>");

            Answer redirect = client.get("/sub?a=b");
            assertThat(redirect.status()).isEqualTo(301);
            assertThat(redirect.field("Location")).isEqualTo("/sub/?a=b");
            assertThat(client.get("//sub").field("Location"))
                    .as("not another host")
                    .isEqualTo("/sub/");

            Answer listing = client.get("/sub/");
            assertThat(listing.field("Content-Type")).isEqualTo("text/html; charset=utf-8");
            assertThat(listing.text()).contains("<a href=\"%3Cb%3E.txt\">&lt;b&gt;.txt</a>");
            assertThat(client.get("/sub/%3Cb%3E.txt").text()).isEqualTo("in sub");
            assertThat(client.get("/inside/%3Cb%3E.txt").text()).isEqualTo("in sub");
            assertThat(client.get("/a%20b%20&%20c.txt").text()).isEqualTo("blanks");
            assertThat(client.get("/small.txt/").status()).isEqualTo(404);
        }
    }

    @EachEngine
    void nothingOutsideOfTheRootIsSent(EngineChoice engine) throws IOException {
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            for (String path :
                    List.of("/outside.txt", "/outside/secret.txt", "/outside/", "/" + directory + "/secret.txt")) {
                assertThat(client.get(path).status()).as(path).isEqualTo(404);
            }
        }
        for (String path : List.of(
                "/../secret.txt",
                "/sub/../../secret.txt",
                "/%2e%2e/secret.txt",
                "/..%2fsecret.txt",
                "/..%5csecret.txt",
                "/..\\secret.txt",
                "/small.txt%00.html",
                "/%c0%ae%c0%ae/secret.txt")) {
            try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
                assertThat(client.get(path).status()).as(path).isEqualTo(400);
                assertThat(client.rest()).isEmpty();
            }
        }
    }

    @EachEngine
    void aChangedFileIsSentAnew(EngineChoice engine) throws IOException {
        Path file = root.resolve("changing-" + engine + ".txt");
        Files.writeString(file, "before");
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            Answer before = client.get("/" + file.getFileName());
            assertThat(before.text()).isEqualTo("before");

            Files.writeString(directory.resolve("new"), "after it");
            Files.move(
                    directory.resolve("new"),
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> client.get("/" + file.getFileName()).text().equals("after it"));
            assertThat(client.get("/" + file.getFileName()).field("ETag")).isNotEqualTo(before.field("ETag"));

            Files.delete(file);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> client.get("/" + file.getFileName()).status() == 404);
        }
    }

    // ---- connections

    @EachEngine
    void pipelinedRequestsAreAnsweredInOrderAlsoAfterTheClientHasFinished(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        try (HttpSocket client = new HttpSocket(server)) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 100; i++) {
                requests.append("GET ")
                        .append(
                                switch (i % 4) {
                                    case 0 -> "/small.txt";
                                    case 1 -> "/missing";
                                    case 2 -> "/sub/";
                                    default -> "/big.bin";
                                })
                        .append(" HTTP/1.1\r\nHost: a\r\nRange: bytes=")
                        .append(i)
                        .append("-\r\n\r\n");
            }
            client.send(requests.toString());
            client.socket().shutdownOutput();

            for (int i = 0; i < 100; i++) {
                Answer answer = client.answer();
                switch (i % 4) {
                    case 0 -> assertThat(answer.status()).isEqualTo(i == 0 || i == 4 ? 206 : 416);
                    case 1 -> assertThat(answer.status()).isEqualTo(404);
                    case 2 -> assertThat(answer.text()).contains("Index of /sub/");
                    default ->
                        assertThat(Arrays.equals(answer.body(), Arrays.copyOfRange(BIG, i, BIG.length)))
                                .isTrue();
                }
            }
            assertThat(client.rest()).isEmpty();
        }
        awaitNoConnection(server);
    }

    @EachEngine
    void oldClientsSayWhetherTheConnectionGoesOn(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        try (HttpSocket client = new HttpSocket(server)) {
            for (int i = 0; i < 3; i++) {
                client.send("GET /small.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
                assertThat(client.answer().field("Connection")).isEqualTo("keep-alive");
            }
            client.send("GET /small.txt HTTP/1.0\r\n\r\n");
            Answer last = client.answer();
            assertThat(last.field("Connection")).isEqualTo("close");
            assertThat(last.text()).isEqualTo("hello\n");
            assertThat(client.rest()).isEmpty();
        }
        try (HttpSocket client = new HttpSocket(server)) {
            assertThat(client.get("/big.bin", "Connection: close\r\n").body()).isEqualTo(BIG);
            assertThat(client.rest()).isEmpty();
        }
    }

    @EachEngine
    void badRequestsAreAnsweredAndEndTheConnection(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        record Bad(String text, int status) {}
        for (Bad bad : List.of(
                new Bad("rubbish\r\n\r\n", 400),
                new Bad("GET /\r\n\r\n", 400),
                new Bad("\u0016\u0003\u0001\u0002", 400),
                new Bad("GET / HTTP/1.1\r\n\r\n", 400),
                new Bad("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
                new Bad("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
                new Bad("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
                new Bad("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
                new Bad("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", 413),
                new Bad("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
                new Bad("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
                new Bad("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
                new Bad("GET /" + "a".repeat(10_000), 414),
                new Bad("GET / HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(100_000), 431))) {
            try (HttpSocket client = new HttpSocket(server)) {
                client.send(bad.text());
                Answer answer = client.answer();

                assertThat(answer.status()).as(bad.text()).isEqualTo(bad.status());
                assertThat(answer.field("Connection")).isEqualTo("close");
                assertThat(answer.text()).contains("<h1>" + bad.status() + " ");
                assertThat(client.rest()).isEmpty();
            }
        }
        assertThat(server.port().stats().handlerFailures()).isZero();
    }

    @EachEngine
    void otherMethodsAreRefusedAndSmallBodiesSkipped(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        try (HttpSocket client = new HttpSocket(server)) {
            client.send(
                    "POST /small.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n");
            Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(405);
            assertThat(answer.field("Allow")).isEqualTo("GET, HEAD");

            client.send("GET /small.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx");
            assertThat(client.answer().text()).isEqualTo("hello\n");
            client.send("yz");
            assertThat(client.get("/small.txt").text()).isEqualTo("hello\n");
        }
    }

    @EachEngine
    void clientThatSendsALargeBodyGetsTheAnswerNevertheless(EngineChoice engine) throws IOException {
        try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
            client.send("PUT /new HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
            client.send(new byte[3_000_000]);

            assertThat(client.answer().status()).isEqualTo(405);
            assertThat(client.rest()).isEmpty();
        }
    }

    @EachEngine
    void halfRequestsHoldNobodyUp(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        List<HttpSocket> slow = new ArrayList<>();
        try (HttpSocket quick = new HttpSocket(server)) {
            for (int i = 0; i < 300; i++) {
                HttpSocket half = new HttpSocket(server);
                half.send(GET_SMALL.substring(0, 1 + i % (GET_SMALL.length() - 1)));
                slow.add(half);
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(quick.get("/small.txt").text()).isEqualTo("hello\n");
            }
            for (int i = 0; i < slow.size(); i++) {
                for (int at = 1 + i % (GET_SMALL.length() - 1); at < GET_SMALL.length(); at++) {
                    slow.get(i).send(GET_SMALL.substring(at, at + 1));
                }
                assertThat(slow.get(i).answer().text()).isEqualTo("hello\n");
            }
        } finally {
            for (HttpSocket half : slow) {
                half.close();
            }
        }
    }

    @EachEngine
    void clientsThatDoNotReadHoldNobodyUpAndMayLeaveInTheMiddle(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        List<HttpSocket> idle = new ArrayList<>();
        try (HttpSocket quick = new HttpSocket(server)) {
            for (int i = 0; i < 50; i++) {
                HttpSocket client = new HttpSocket(server);
                client.send("GET /sparse.bin HTTP/1.1\r\nHost: test\r\n\r\n".repeat(40));
                idle.add(client);
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(quick.get("/small.txt").text()).isEqualTo("hello\n");
            }
            assertThat(quick.get("/big.bin").body()).isEqualTo(BIG);
        } finally {
            for (HttpSocket client : idle) {
                client.close();
            }
        }
        awaitNothingLeft(server);
        assertThat(server.port().stats().handlerFailures()).isZero();
    }

    @EachEngine
    void garbageHarmsOnlyItsOwnConnection(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        for (int seed = 0; seed < 50; seed++) {
            byte[] garbage = new byte[100_000];
            new Random(seed).nextBytes(garbage);
            try (HttpSocket client = new HttpSocket(server)) {
                client.send(garbage);
                client.socket().shutdownOutput();
                assertThat(new String(client.rest(), UTF_8)).startsWith("HTTP/1.1 ");
            }
        }
        try (HttpSocket client = new HttpSocket(server)) {
            assertThat(client.get("/small.txt").text()).isEqualTo("hello\n");
        }
        awaitNoConnection(server);
        assertThat(server.port().stats().handlerFailures()).isZero();
    }

    @EachEngine
    void connectionEndsInTheMiddleOfAFileThatShrinks(EngineChoice engine) throws IOException {
        Path file = root.resolve("shrinking-" + engine + ".bin");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(UTF_8.encode("."), (1 << 30) - 1);
            try (HttpSocket client = new HttpSocket(DemoServer.on(engine))) {
                client.send("GET /" + file.getFileName() + " HTTP/1.1\r\nHost: test\r\n\r\n");
                InputStream in = client.socket().getInputStream();
                assertThat(in.readNBytes(1000)).hasSize(1000);
                channel.truncate(1000);

                // It was promised a gibibyte: only an end of the connection can tell it that this is not to come.
                assertThatIOException().isThrownBy(() -> in.skipNBytes(1 << 30));
            }
        }
    }

    // ---- curl

    @EachEngine
    @Needs("curl")
    void curlGetsWholeFilesAndResumes(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine);
        Path out = directory.resolve("curl-" + engine);
        String url = "http://127.0.0.1:" + server.portNumber("files");

        curl("-o", out.toString(), url + "/big.bin");
        assertThat(Files.readAllBytes(out)).isEqualTo(BIG);

        Files.write(out, Arrays.copyOf(BIG, 1_234_567));
        curl("-C", "-", "-o", out.toString(), url + "/big.bin");
        assertThat(Files.readAllBytes(out)).isEqualTo(BIG);

        assertThat(curl("-r", "1-3", url + "/small.txt")).isEqualTo("ell");
        assertThat(curl("-0", url + "/small.txt")).isEqualTo("hello\n");
        assertThat(curl("-L", url + "/sub")).contains("Index of /sub/");
        assertThat(curl(
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{http_code}",
                        "-z",
                        root.resolve("small.txt").toString(),
                        url + "/small.txt"))
                .isEqualTo("304");
        assertThat(curl(url + "/small.txt", url + "/empty.txt", url + "/small.txt", "-w", "%{num_connects} "))
                .isEqualTo("hello\n1 0 hello\n0 ");
    }

    private static String curl(String... arguments) {
        List<String> line = new ArrayList<>(List.of("curl", "-sS", "--fail", "--max-time", "60"));
        line.addAll(List.of(arguments));
        return Program.run(Duration.ofSeconds(90), line.toArray(String[]::new));
    }

    @EachEngine
    @Needs("curl")
    void curlIsToldThatItMayNotUpload(EngineChoice engine) {
        String url = "http://127.0.0.1:" + DemoServer.on(engine).portNumber("files") + "/new.bin";

        String printed = Program.run(
                Duration.ofSeconds(90),
                "curl",
                "-sS",
                "-i",
                "-T",
                root.resolve("big.bin").toString(),
                url);

        assertThat(printed).contains("HTTP/1.1 405 Method Not Allowed", "Allow: GET, HEAD");
    }

    private static void awaitNoConnection(DemoServer server) {
        await().atMost(Duration.ofSeconds(30)).until(() -> server.port().stats().connections() == 0);
    }

    /** Files that nobody asks for any more are closed after some seconds. */
    private static void awaitNothingLeft(DemoServer server) {
        awaitNoConnection(server);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(openFiles()).isEmpty());
    }

    private static List<String> openFiles() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .map(FilesServiceIT::target)
                    .filter(target -> target.startsWith(root.toString()))
                    .toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }
}
