package io.iocp.demo.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.demo.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Chromium without a screen, driven through its <a href="https://chromedevtools.github.io/devtools-protocol/">debugging
 * protocol</a>: a page of a given size, whose content can be asked for, that can be clicked and typed into, and looked at.
 */
final class Browser implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Program program;
    private final WebSocket socket;
    private final AtomicInteger lastId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private Browser(Path profile) {
        program = Program.start(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank");
        String port = await().atMost(PATIENCE).until(() -> debuggingPort(profile), number -> !number.isEmpty());
        String page = await().atMost(PATIENCE).until(() -> pageAddress(port), address -> !address.isEmpty());
        socket = http.newWebSocketBuilder()
                .buildAsync(URI.create(page), new Answers())
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        for (String domain : List.of("Runtime", "Log", "Page")) {
            send(domain + ".enable", Map.of());
        }
    }

    /** Starts one; its profile is kept in an empty directory. */
    static Browser start(Path profile) {
        return new Browser(profile);
    }

    private String debuggingPort(Path profile) throws IOException {
        assertThat(program.isAlive()).as(program.output()).isTrue();
        Path file = profile.resolve("DevToolsActivePort");
        return Files.exists(file) ? Files.readString(file).lines().findFirst().orElse("") : "";
    }

    private String pageAddress(String port) throws IOException, InterruptedException {
        HttpRequest list = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json"))
                .build();
        for (JsonNode target :
                JSON.readTree(http.send(list, BodyHandlers.ofString()).body())) {
            if (target.path("type").asString().equals("page")) {
                return target.path("webSocketDebuggerUrl").asString();
            }
        }
        return "";
    }

    private JsonNode send(String method, Map<String, ?> parameters) {
        int id = lastId.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)), true)
                .join();
        JsonNode body = answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        assertThat(body.has("error")).as("%s: %s", method, body).isFalse();
        return body.path("result");
    }

    /** The window's size in pixels of CSS; a phone's has two real ones for each. */
    void size(int width, int height, boolean phone) {
        send(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", phone ? 2 : 1, "mobile", phone));
    }

    /** What the system prefers, as in {@code prefers-color-scheme: dark}. */
    void prefer(String feature, String value) {
        send("Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", feature, "value", value))));
    }

    void visit(String address) {
        complaints.clear();
        send("Page.navigate", Map.of("url", address));
        awaitTrue("document.readyState === 'complete' && location.href.startsWith('http')");
    }

    /** The value of an expression of JavaScript in the page. */
    JsonNode evaluate(String expression) {
        JsonNode result =
                send("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        assertThat(result.has("exceptionDetails"))
                .as("%s: %s", expression, result)
                .isFalse();
        return result.path("result").path("value");
    }

    String text(String selector) {
        return evaluate("(document.querySelector(" + quoted(selector) + ") || {textContent: ''}).textContent")
                .asString();
    }

    void awaitTrue(String expression) {
        try {
            await().atMost(PATIENCE)
                    .until(() -> evaluate("Boolean(" + expression + ")").asBoolean());
        } catch (RuntimeException e) {
            throw new AssertionError(expression + " never became true; complaints: " + complaints, e);
        }
    }

    void awaitText(String selector, String text) {
        awaitTrue("[...document.querySelectorAll(" + quoted(selector) + ")].some(e => e.textContent.includes("
                + quoted(text) + "))");
    }

    void click(String selector) {
        awaitTrue("document.querySelector(" + quoted(selector) + ")");
        evaluate("document.querySelector(" + quoted(selector) + ").click()");
    }

    /** Presses a key that no text comes of, as in {@code Tab}. */
    void press(String key, int code) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            send(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
        }
    }

    void pressEnter() {
        send(
                "Input.dispatchKeyEvent",
                Map.of("type", "keyDown", "key", "Enter", "code", "Enter", "windowsVirtualKeyCode", 13, "text", "\r"));
        send(
                "Input.dispatchKeyEvent",
                Map.of("type", "keyUp", "key", "Enter", "code", "Enter", "windowsVirtualKeyCode", 13));
    }

    /** Keeps a picture of the window, for people. */
    void photograph(Path file) {
        byte[] picture = Base64.getDecoder()
                .decode(send("Page.captureScreenshot", Map.of("format", "png"))
                        .path("data")
                        .asString());
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(file, picture);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Exceptions of the page's script, and what the browser refused it, such as by the content security policy. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    @Override
    public void close() {
        socket.abort();
        http.close();
        program.terminate();
        program.await(PATIENCE);
        program.close();
    }

    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode message = JSON.readTree(text.toString());
                text.setLength(0);
                take(message);
            }
            webSocket.request(1);
            return null;
        }

        private void take(JsonNode message) {
            if (message.has("id")) {
                CompletableFuture<JsonNode> answer =
                        answers.remove(message.path("id").asInt());
                if (answer != null) {
                    answer.complete(message);
                }
                return;
            }
            JsonNode entry = message.path("params").path("entry");
            switch (message.path("method").asString()) {
                case "Runtime.exceptionThrown" -> complaints.add(message.toString());
                case "Log.entryAdded" -> {
                    // A request that failed is an answer to the page, which says so itself.
                    if (!entry.path("source").asString().equals("network")) {
                        complaints.add(entry.toString());
                    }
                }
                default -> {}
            }
        }
    }
}
