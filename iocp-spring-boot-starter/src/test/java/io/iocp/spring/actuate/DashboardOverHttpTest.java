package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;

/** What a browser is given, from a port and below paths that are not the usual ones; what it makes of it is tested with the demo application. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "management.server.port=0",
            "management.server.base-path=/inside",
            "management.endpoints.web.base-path=/manage",
            "management.endpoints.web.exposure.include=iocp,iocpevents,iocpdashboard"
        })
class DashboardOverHttpTest {
    private static final String PAGE = "/inside/manage/iocpdashboard";

    private final HttpClient client = HttpClient.newHttpClient();

    @Value("${local.management.port}")
    private int port;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    @Test
    void shouldBeAPage() throws Exception {
        HttpResponse<String> response = send("GET", PAGE, "text/html,application/xhtml+xml,*/*;q=0.8");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/html;charset=UTF-8");
        assertThat(response.body()).startsWith("<!doctype html>").endsWith("</html>\n");
    }

    @Test
    void shouldIgnoreWhatThePageItselfReadsOfItsAddress() throws Exception {
        assertThat(send("GET", PAGE + "?theme=dark&port=default", "*/*").statusCode())
                .isEqualTo(200);
    }

    @Test
    void shouldBeNothingButAPage() throws Exception {
        assertThat(send("GET", PAGE, "application/json").statusCode()).isEqualTo(406);
        assertThat(send("POST", PAGE, "*/*").statusCode()).isEqualTo(405);
    }

    @Test
    void shouldLoadNothingElse() throws Exception {
        String page = page();

        assertThat(page).doesNotContain("http://", "https://", "@import", "url(", "<iframe", "<img");
        assertThat(page).doesNotContainPattern("\\bsrc\\s*=").doesNotContainPattern("=\\s*\"//");
        // Its icon is in its address.
        assertThat(matches(page, "<link [^>]*>")).isEqualTo(1);
        assertThat(page).contains("<link rel=\"icon\" href=\"data:image/svg+xml,");
        assertThat(page).doesNotContain("{policy}", "{style}", "{script}");
    }

    /** An absolute path would leave whatever a proxy has put before the endpoints. */
    @Test
    void shouldAskTheEndpointsBesideItByRelativeAddresses() throws Exception {
        assertThat(page())
                .contains("ask('iocp')", "'iocpevents'")
                .doesNotContain("'/actuator", "\"/actuator", "'/iocp", "fetch('/");
        for (String endpoint : new String[] {"iocp", "iocpevents"}) {
            URI beside = URI.create(PAGE).resolve(endpoint);
            assertThat(send("GET", beside.toString(), "application/json").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void shouldAllowItsOwnStyleAndScriptOnly() throws Exception {
        String page = page();
        Matcher policy = Pattern.compile("http-equiv=\"Content-Security-Policy\" content=\"([^\"]+)\"")
                .matcher(page);

        assertThat(policy.find()).isTrue();
        assertThat(policy.group(1))
                .contains("default-src 'none'", "connect-src 'self'")
                .contains("style-src '" + hash(inside(page, "style")) + "';")
                .contains("script-src '" + hash(inside(page, "script")) + "';")
                .doesNotContain("unsafe");
        // Neither is allowed by that policy.
        assertThat(page).doesNotContainPattern("<[^>]+ on[a-z]+=").doesNotContainPattern("<[^>]+ style=");
    }

    @Test
    void shouldNeverMakeMarkupOfWhatItIsTold() throws Exception {
        assertThat(page())
                .doesNotContain(
                        "innerHTML",
                        "outerHTML",
                        "insertAdjacentHTML",
                        "document.write",
                        "srcdoc",
                        "DOMParser",
                        "eval(");
    }

    private String page() throws Exception {
        return send("GET", PAGE, "*/*").body();
    }

    private static String inside(String page, String element) {
        return page.substring(
                page.indexOf("<" + element + ">") + element.length() + 2, page.indexOf("</" + element + ">"));
    }

    private static String hash(String text) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return "sha256-" + Base64.getEncoder().encodeToString(digest);
    }

    private static long matches(String page, String pattern) {
        return Pattern.compile(pattern).matcher(page).results().count();
    }

    private HttpResponse<String> send(String method, String path, String accept)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Accept", accept)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }
}
