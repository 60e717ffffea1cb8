package io.iocp.spring.actuate;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The one page of the dashboard, put together from its markup, style and script. It loads nothing else, and says so in a
 * <a href="https://www.w3.org/TR/CSP3/">content security policy</a> of its own, which allows exactly this style and this
 * script, by their hashes, and questions to the server that the page came from.
 */
final class DashboardPage {
    private DashboardPage() {}

    static String compose() {
        String style = resource("dashboard.css");
        String script = resource("dashboard.js");
        String policy = "default-src 'none'; connect-src 'self'; img-src data:; style-src '" + hash(style)
                + "'; script-src '" + hash(script) + "'; base-uri 'none'; form-action 'none'";
        return resource("dashboard.html")
                .replace("{policy}", policy)
                .replace("{style}", style)
                .replace("{script}", script);
    }

    private static String resource(String name) {
        try (InputStream file = DashboardPage.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException("the starter's jar lacks io/iocp/spring/actuate/" + name);
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a policy names the text of an element. */
    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
