package io.iocp.demo.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.DemoServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The live page as a browser shows it, of the demo application at work. Pictures are in {@code target/screenshots}. */
@Needs("chromium")
class DashboardIT {

    private static final Path PICTURES = Path.of("target/screenshots");

    private static final int TAB = 9;

    /** A text that would be a picture whose script runs, if it were taken for markup. */
    private static final String HOSTILE =
            "<img src=x onerror=\"window.hacked=1\">\"'</script><script>window.hacked=1</script>";

    @TempDir
    static Path profile;

    private static @Nullable Browser chromium;

    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicBoolean busy = new AtomicBoolean(true);
    private @Nullable Thread traffic;

    @BeforeAll
    static void startBrowser() {
        chromium = Browser.start(profile);
    }

    @AfterAll
    static void stop() {
        browser().close();
        DemoServer.stopAll();
    }

    private static Browser browser() {
        if (chromium == null) {
            throw new IllegalStateException("not started");
        }
        return chromium;
    }

    private static DemoServer readOnly() {
        return DemoServer.on(EngineChoice.AUTO);
    }

    private static DemoServer writable() {
        return DemoServer.secure(EngineChoice.AUTO, "--management.endpoint.iocp.access=unrestricted");
    }

    private static String page(DemoServer server) {
        return "http://127.0.0.1:" + server.property("local.server.port") + "/actuator/iocpdashboard";
    }

    @BeforeEach
    void asUsual() {
        browser().size(1280, 900, false);
        browser().prefer("prefers-color-scheme", "light");
    }

    @AfterEach
    void endTraffic() throws Exception {
        busy.set(false);
        if (traffic != null) {
            traffic.join();
        }
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private Socket connect(DemoServer server, String name) throws IOException {
        Socket socket = server.connect(name);
        sockets.add(socket);
        return socket;
    }

    /** Something to see: one connection that echoes without a pause, and a few keys. */
    private void traffic(DemoServer server) throws IOException {
        Socket echo = connect(server, "echo");
        Socket kv = connect(server, "kv");
        byte[] message = "completion\n".repeat(20).getBytes(StandardCharsets.US_ASCII);
        byte[] command = "SET k v PX 400\r\n".getBytes(StandardCharsets.US_ASCII);
        traffic = Thread.ofVirtual().start(() -> {
            try {
                while (busy.get()) {
                    echo.getOutputStream().write(message);
                    echo.getInputStream().readNBytes(message.length);
                    kv.getOutputStream().write(command);
                    kv.getInputStream().readNBytes("+OK\r\n".length());
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void shouldShowThePortAtWork() throws Exception {
        DemoServer server = readOnly();
        traffic(server);
        String peer = "127.0.0.1:" + sockets.getFirst().getLocalPort();

        browser().visit(page(server) + "?theme=auto");

        browser().awaitText("#link", "Live");
        assertThat(browser().text("#engine")).isEqualTo(server.port().engine().engine());
        assertThat(browser().text("#engine-reason"))
                .isEqualTo(server.port().engine().reason());
        browser().awaitText("#servers-table .head", "kv");
        browser().awaitText("#handlers-table .head", "echoService.received");
        browser().awaitText("#connections-table .code", peer);
        browser().awaitText("#events-table .chip", "server started");
        browser().awaitText("#latency-table .dim", "receive");
        for (String moving : List.of("Operations", "Received", "Sent")) {
            browser()
                    .awaitTrue(
                            "Number.parseFloat([...document.querySelectorAll('.tile')].find(t => t.children[0].textContent === '"
                                    + moving
                                    + "').children[1].lastChild.previousSibling.textContent.replaceAll(',', '')) > 0");
        }
        browser().awaitTrue("document.querySelectorAll('.tile .line')[4].getAttribute('d').split('L').length > 3");
        assertThat(browser().text("#access")).contains("Read-only");
        assertThat(browser()
                        .evaluate("document.querySelectorAll('td.acts button').length")
                        .asInt())
                .isZero();
        assertThat(browser()
                        .evaluate("document.querySelector('#port-writes').hidden")
                        .asBoolean())
                .isTrue();
        assertThat(browser().complaints()).isEmpty();
        browser().photograph(PICTURES.resolve("desktop-light.png"));
        browser().prefer("prefers-color-scheme", "dark");
        browser().photograph(PICTURES.resolve("desktop-dark.png"));
    }

    @Test
    void shouldFilterConnectionsAndTurnPages() throws Exception {
        DemoServer server = readOnly();
        for (int i = 0; i < 12; i++) {
            connect(server, i < 11 ? "echo" : "kv");
        }
        browser().visit(page(server));
        browser().awaitTrue("document.querySelectorAll('#connections-table tbody tr').length === 12");

        change("#connections-size", "10", "change");
        browser().awaitTrue("document.querySelectorAll('#connections-table tbody tr').length === 10");
        assertThat(browser().text("#page-text")).isEqualTo("Page 1 of 2");
        browser().click("#next");
        browser().awaitTrue("document.querySelectorAll('#connections-table tbody tr').length === 2");

        change("#connections-filter", "server:kv", "input");
        browser().awaitTrue("document.querySelectorAll('#connections-table tbody tr').length === 1");
        assertThat(browser().text("#connections-table tbody tr")).contains("kv");
        assertThat(browser().text("#connections-total")).isEqualTo("1 that match");

        change("#connections-filter", "colour:red", "input");
        browser().awaitText("#connections-empty", "names a field that there is not");
        assertThat(browser().complaints()).isEmpty();
    }

    private static void change(String selector, String value, String event) {
        browser()
                .evaluate("{ const e = document.querySelector('" + selector + "'); e.value = '" + value
                        + "'; e.dispatchEvent(new Event('" + event + "', {bubbles: true})); }");
    }

    @Test
    void shouldShowHostileTextAsText() throws Exception {
        DemoServer server = readOnly();
        browser().visit(page(server));
        browser().awaitText("#link", "Live");

        server.port().post(HOSTILE, HOSTILE);

        // It came by the long poll, without a visit of its own.
        browser().awaitText("#events-table .code", HOSTILE);
        assertThat(browser()
                        .evaluate("document.querySelectorAll('#events-table img, #events-table script').length")
                        .asInt())
                .isZero();
        assertThat(browser().evaluate("typeof window.hacked").asString()).isEqualTo("undefined");
        change("#events-filter", HOSTILE.substring(0, 8), "input");
        browser().awaitText("#events-table .code", HOSTILE);
        assertThat(browser().complaints()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"390, 844, light", "390, 844, dark", "320, 640, light", "1024, 768, dark"})
    void shouldFitTheWindow(int width, int height, String theme) throws Exception {
        DemoServer server = readOnly();
        traffic(server);
        browser().size(width, height, width < 600);
        browser().visit(page(server) + "?theme=" + theme);
        browser().awaitText("#connections-table .head", "");
        browser().awaitText("#latency-table .dim", "receive");

        assertThat(browser().evaluate("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(width);
        JsonNode small = browser().evaluate("""
                [...document.querySelectorAll('button, select, input')].filter(e => e.offsetParent)
                    .map(e => [e.id || e.textContent, e.getBoundingClientRect().height]).filter(([, h]) => h < 26)""");
        assertThat(small).as("too small to be touched").isEmpty();
        browser().photograph(PICTURES.resolve("window-" + width + "-" + theme + ".png"));
        browser().evaluate("document.querySelector('#servers').scrollIntoView({behavior: 'instant'})");
        browser().photograph(PICTURES.resolve("window-" + width + "-" + theme + "-servers.png"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void shouldBeLegible(String theme) throws Exception {
        DemoServer server = writable();
        traffic(server);
        server.port().post("nobody", "unclaimed");
        browser().prefer("prefers-color-scheme", theme);
        browser().visit(page(server) + "?theme=auto");
        browser().awaitText("#events-table .code", "nobody");
        browser().awaitText("#servers-table button", "Pause");

        // https://www.w3.org/TR/WCAG22/#contrast-minimum
        JsonNode faint = browser().evaluate("""
                (() => {
                  const channels = c => c.match(/[\\d.]+/g).map(Number);
                  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
                      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
                      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
                  const ground = e => {
                    for (let at = e; at; at = at.parentElement) {
                      const c = channels(getComputedStyle(at).backgroundColor);
                      if (c.length === 3 || c[3] === 1) return c;
                    }
                    return [255, 255, 255];
                  };
                  const faint = new Set();
                  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                  while (walker.nextNode()) {
                    const e = walker.currentNode.parentElement;
                    if (!walker.currentNode.data.trim() || !e.offsetParent || /SCRIPT|STYLE/.test(e.tagName)) continue;
                    const style = getComputedStyle(e);
                    const [a, b] = [luminance(channels(style.color)), luminance(ground(e))].sort((x, y) => y - x);
                    const contrast = (a + .05) / (b + .05);
                    if (contrast < 4.5) faint.add(walker.currentNode.data.trim() + ' ' + contrast.toFixed(2));
                  }
                  return [...faint];
                })()""");
        assertThat(faint).isEmpty();
        assertThat(browser()
                        .evaluate("getComputedStyle(document.body).colorScheme")
                        .asString())
                .isEqualTo(theme);
    }

    @Test
    void shouldTakeTheThemeThatIsChosen() {
        browser().prefer("prefers-color-scheme", "dark");
        browser().visit(page(readOnly()) + "?theme=auto");
        String ground = "getComputedStyle(document.body).backgroundColor";
        String dark = browser().evaluate(ground).asString();

        browser().click("#theme");
        assertThat(browser().text("#theme")).isEqualTo("Light");
        assertThat(browser().evaluate(ground).asString()).isNotEqualTo(dark);
        browser().click("#theme");
        browser().prefer("prefers-color-scheme", "light");
        assertThat(browser().evaluate(ground).asString()).isEqualTo(dark);
    }

    @Test
    void shouldHoldStillWhereMotionIsNotWanted() {
        browser().prefer("prefers-reduced-motion", "reduce");
        browser().visit(page(readOnly()));
        browser().awaitText("#link", "Live");

        assertThat(browser().evaluate("document.getAnimations().length").asInt())
                .isZero();
        browser().prefer("prefers-reduced-motion", "no-preference");
        browser().awaitTrue("document.getAnimations().length > 0");
    }

    @Test
    void shouldBeUsableWithTheKeyboard() {
        DemoServer server = writable();
        browser().visit(page(server));
        browser().awaitText("#servers-table button", "Pause");
        change("#interval", "15000", "change"); // nothing moves while the keys are pressed

        browser().press("Tab", TAB);
        assertThat(browser().evaluate("document.activeElement.className").asString())
                .isEqualTo("skip");
        browser().pressEnter();
        browser().awaitTrue("document.activeElement.id === 'main' || location.hash === '#main'");
        browser().evaluate("{ document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus(); }");

        List<String> order = new ArrayList<>();
        JsonNode all = browser().evaluate("""
                [...document.querySelectorAll('a, button, select, input, [tabindex="0"]')]
                    .filter(e => e.checkVisibility() && !e.disabled).length""");
        for (int i = 0; i < all.asInt(); i++) {
            browser().press("Tab", TAB);
            JsonNode focus = browser().evaluate("""
                    (() => {
                      const e = document.activeElement;
                      const style = getComputedStyle(e);
                      window.stops = window.stops || [...document.querySelectorAll('*')];
                      return {at: window.stops.indexOf(e), tag: e.tagName, shown: style.outlineStyle !== 'none'
                          || e.className === 'skip', name: e.id || e.textContent};
                    })()""");
            assertThat(focus.path("shown").asBoolean())
                    .as("focus is seen on %s", focus)
                    .isTrue();
            order.add("%06d %s"
                    .formatted(focus.path("at").asInt(), focus.path("name").asString()));
        }
        assertThat(order).as("in the order in which it is read").isSorted().doesNotHaveDuplicates();
        for (String landmark : List.of("header", "nav", "main", "footer")) {
            assertThat(browser()
                            .evaluate("document.querySelectorAll('" + landmark + "').length")
                            .asInt())
                    .as(landmark)
                    .isEqualTo(1);
        }
        JsonNode nameless = browser().evaluate("""
                [...document.querySelectorAll('button, select, input')]
                    .filter(e => e.checkVisibility() && !(e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).map(e => e.outerHTML)""");
        assertThat(nameless).isEmpty();
    }

    @Test
    void shouldWriteWhereWritesAreAllowed() throws Exception {
        DemoServer server = writable();
        Socket victim = connect(server, "echo");
        browser().visit(page(server));
        browser().awaitText("#access", "Writes are allowed");

        browser().click("#servers-table button[aria-label='Pause echo']");
        browser().awaitText("#outcome", "Server 'echo' accepts no more");
        browser().awaitText("#servers-table .chip", "paused");
        assertThat(server.get("/actuator/iocp/default/servers/echo")).contains("\"paused\"");
        browser().click("#servers-table button[aria-label='Resume echo']");
        browser().awaitText("#outcome", "accepts again");

        change("#connections-filter", "peer::" + victim.getLocalPort(), "input");
        browser().awaitTrue("document.querySelectorAll('#connections-table tbody tr').length === 1");
        browser().click("#connections-table td.acts button");
        browser().awaitTrue("document.querySelector('#confirm').open");
        assertThat(browser().evaluate("document.activeElement.id").asString())
                .as("the harmless button")
                .isEqualTo("confirm-no");
        browser().photograph(PICTURES.resolve("confirm.png"));
        browser().click("#confirm-yes");
        browser().awaitText("#outcome", "is closed");
        assertThat(victim.getInputStream().read()).isEqualTo(-1);

        change("#workers-max", "1", "change");
        browser().click("#workers-set");
        browser().awaitText("#outcome", "Refused (400)");
        assertThat(browser().text("#outcome")).contains("concurrency");

        await().untilAsserted(
                        () -> assertThat(server.get("/actuator/auditevents")).contains("pause", "resume", "close"));
        assertThat(browser().complaints()).isEmpty();
    }

    @Test
    void shouldSayWhatIsForbiddenOrMissingOrAwayAndRecover() throws Exception {
        DemoServer server = readOnly();
        String target = "http://127.0.0.1:" + server.property("local.server.port");
        try (Front front = new Front(target)) {
            front.refuse("iocpevents", 403);
            front.refuse("prometheus", 404);
            browser().visit(front.address("/actuator/iocpdashboard"));
            browser().awaitText("#link", "Live");
            browser().awaitText("#events-empty", "You may not read 'iocpevents'");
            browser().awaitText("#latency-empty", "There is no endpoint 'prometheus'");

            front.refuse("iocp", 401);
            browser().awaitText("#trouble", "'iocp' asks who you are");
            assertThat(browser().text("#link")).doesNotContain("Live");
            front.refuse("iocp", 0);
            front.refuse("iocpevents", 0);
            browser().awaitText("#link", "Live");
            assertThat(browser().text("#trouble")).isEmpty();

            front.goAway();
            browser().awaitText("#link", "Server away");
            browser().awaitText("#trouble", "This page asks again by itself");
            browser().photograph(PICTURES.resolve("away.png"));
            assertThat(browser().text("#engine"))
                    .isEqualTo(server.port().engine().engine());
            front.comeBack();
            browser().awaitText("#link", "Live");
            browser().awaitText("#events-table .chip", "server started");
            assertThat(browser().text("#trouble")).isEmpty();
        }
        assertThat(browser().complaints()).isEmpty();
    }
}
