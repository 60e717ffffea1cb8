package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.json.JsonContent;
import org.springframework.test.json.JsonContentAssert;

/** What an operator sees with curl. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "iocp.servers.echo.port=0",
            "iocp.memory.max=100MB",
            "management.endpoints.web.exposure.include=health,iocp,iocpevents",
            "management.endpoint.health.show-details=always"
        })
class ActuatorOverHttpTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @Value("${local.server.port}")
    private int port;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @Test
    void shouldShowAllPorts() throws Exception {
        JsonContentAssert json = json("/actuator/iocp");
        json.extractingPath("$.ports.default.engine.name").isEqualTo("nio");
        json.extractingPath("$.ports.default.engine.reason").isEqualTo("chosen by configuration");
        json.extractingPath("$.ports.default.queueDepth").isEqualTo(0);
        json.extractingPath("$.ports.default.inFlight.accept").isEqualTo(1);
        json.extractingPath("$.ports.default.memoryMax").isEqualTo(100 << 20);
        json.extractingPath("$.ports.default.operations.completed.receive").isEqualTo(0);
        json.extractingPath("$.ports.default.operations.started.length()").isEqualTo(OperationKind.values().length);
        json.extractingPath("$.ports.default.servers.echo.state").isEqualTo("listening");
        json.extractingPath("$.ports.default.shards.length()").isEqualTo(1);
        json.extractingPath("$.ports.default.handlers[0].target").isEqualTo("server 'echo'");
    }

    @Test
    void shouldShowOnePortAndNoneThatDoesNotExist() throws Exception {
        JsonContentAssert json = json("/actuator/iocp/default");
        json.extractingPath("$.workers.max").isEqualTo(2);
        assertThat(send("GET", "/actuator/iocp/other").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldBeReadOnly() throws Exception {
        assertThat(send("POST", "/actuator/iocp").statusCode()).isEqualTo(405);
    }

    @Test
    void shouldShowEvents() throws Exception {
        JsonContentAssert json = json("/actuator/iocpevents");
        json.extractingPath("$.events[0].type").isEqualTo("serverStarted");
        json.extractingPath("$.events[0].key").isEqualTo("echo");
        json.doesNotHavePath("$.events[0].waitNanos");
        json.extractingPath("$.capacity").isEqualTo(1000);
    }

    @Test
    void shouldShowTheEngineInHealth() throws Exception {
        JsonContentAssert json = json("/actuator/health");
        json.extractingPath("$.status").isEqualTo("UP");
        json.extractingPath("$.components.iocp.components.ports.components.default.details.engine")
                .isEqualTo("nio");
    }

    private JsonContentAssert json(String path) throws Exception {
        HttpResponse<String> response = send("GET", path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return new JsonContentAssert(new JsonContent(response.body()));
    }

    private HttpResponse<String> send(String method, String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }
}
