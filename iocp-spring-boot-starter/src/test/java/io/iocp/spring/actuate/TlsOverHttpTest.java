package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.tls.Certificates;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.json.JsonContent;
import org.springframework.test.json.JsonContentAssert;

/** What an operator sees of a server's TLS with curl, in an application with all of Boot's own auto-configuration. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "iocp.servers.echo.port=0",
            "iocp.servers.echo.ssl.bundle=web",
            "iocp.servers.echo.ssl.server-name-bundles[0].server-name=*.example.com",
            "iocp.servers.echo.ssl.server-name-bundles[0].bundle=web",
            "iocp.servers.echo.ssl.application-protocols=h2",
            "management.endpoints.web.exposure.include=health,iocp,iocpevents",
            "management.endpoint.health.show-details=always"
        })
class TlsOverHttpTest {
    @TempDir
    private static Path directory;

    private final HttpClient client = HttpClient.newHttpClient();

    @Value("${local.server.port}")
    private int port;

    @DynamicPropertySource
    static void bundle(DynamicPropertyRegistry properties) {
        Certificates.valid("one.example").writeTo(directory);
        properties.add(
                "spring.ssl.bundle.pem.web.keystore.certificate",
                () -> directory.resolve("tls.crt").toString());
        properties.add(
                "spring.ssl.bundle.pem.web.keystore.private-key",
                () -> directory.resolve("tls.key").toString());
        properties.add("spring.ssl.bundle.pem.web.reload-on-update", () -> "true");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @Test
    void shouldShowTheBundlesOfAServer() throws Exception {
        JsonContentAssert json = json("/actuator/iocp");
        String tls = "$.ports.default.servers.echo.tls";
        json.extractingPath(tls + ".bundle.name").isEqualTo("web");
        json.extractingPath(tls + ".bundle.state").isEqualTo("current");
        json.extractingPath(tls + ".bundle.subject").isEqualTo("CN=one.example");
        json.extractingPath(tls + ".bundle.notAfter")
                .isEqualTo(Certificates.valid("one.example")
                        .certificate()
                        .getNotAfter()
                        .toInstant()
                        .toString());
        json.doesNotHavePath(tls + ".bundle.cause");
        json.extractingPath(tls + ".serverNames['*.example.com'].name").isEqualTo("web");
        json.extractingPath(tls + ".protocols").asArray().contains("TLSv1.3", "TLSv1.2");
        json.extractingPath(tls + ".applicationProtocols").asArray().containsExactly("h2");
        json.extractingPath(tls + ".clientAuthentication").isEqualTo("none");
        json.extractingPath(tls + ".handshakeTimeout").isEqualTo("PT10S");
    }

    @Test
    void shouldShowTheBundlesInHealth() throws Exception {
        JsonContentAssert json = json("/actuator/health");
        json.extractingPath("$.status").isEqualTo("UP");
        json.extractingPath("$.components.iocp.components.servers.components.echo.details.bundle")
                .isEqualTo("web");
        json.extractingPath("$.components.iocp.components.bundles.details.web.state")
                .isEqualTo("current");
        json.hasPath("$.components.iocp.components.bundles.details.web.notAfter");
        json.hasPath("$.components.iocp.components.bundles.details.web.appliedAt");
    }

    private JsonContentAssert json(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return new JsonContentAssert(new JsonContent(response.body()));
    }
}
