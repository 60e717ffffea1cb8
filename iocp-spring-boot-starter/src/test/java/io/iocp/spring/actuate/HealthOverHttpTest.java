package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.json.JsonContentAssert;

/** Each part's health at its own address, and as a member of the readiness group. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "iocp.servers.echo.port=0",
            "iocp.servers.other.port=0",
            "management.endpoints.web.exposure.include=health,info",
            "management.endpoint.health.show-details=always",
            "management.endpoint.health.group.readiness.include=readinessState,iocp",
            "management.endpoint.health.group.ready-for-echo.include=iocp/servers/echo"
        })
class HealthOverHttpTest {
    @Value("${local.server.port}")
    private int port;

    @Autowired
    private TcpServers servers;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }

        @IoCompletionHandler(server = "other")
        void other(ByteBuffer data) {}
    }

    private Management management() {
        return new Management(port);
    }

    @Test
    void shouldHaveAnAddressForEachPart() throws Exception {
        management()
                .json("health/iocp/ports/default")
                .extractingPath("$.details.engine")
                .isEqualTo("nio");
        management()
                .json("health/iocp/servers/echo")
                .extractingPath("$.details.state")
                .isEqualTo("listening");
        assertThat(management().get("health/iocp/servers/nobody").statusCode()).isEqualTo(404);
        management()
                .json("health")
                .extractingPath("$.components.iocp.components.servers.components.other.status")
                .isEqualTo("UP");
    }

    @Test
    void shouldTakeReadinessAwayWhileAServerIsPaused() throws Exception {
        TcpServer other = Objects.requireNonNull(servers.server("other"));
        management()
                .json("health/readiness")
                .extractingPath("$.components.iocp.status")
                .isEqualTo("UP");
        assertThat(other.pause()).isTrue();
        try {
            Management.json(management().get("health/iocp/servers/other"), 503)
                    .extractingPath("$.status")
                    .isEqualTo("OUT_OF_SERVICE");
            Management.json(management().get("health/readiness"), 503)
                    .extractingPath("$.status")
                    .isEqualTo("OUT_OF_SERVICE");
            assertThat(management().get("health/liveness").statusCode()).isEqualTo(200);
            management()
                    .json("health/ready-for-echo")
                    .extractingPath("$.status")
                    .isEqualTo("UP");
        } finally {
            assertThat(other.resume()).isTrue();
        }
        assertThat(management().get("health/readiness").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldBeInInfo() throws Exception {
        JsonContentAssert json = management().json("info");
        json.extractingPath("$.iocp.ports.default.engine").isEqualTo("nio");
        json.extractingPath("$.iocp.ports.default.reason").isEqualTo("chosen by configuration");
        json.extractingPath("$.iocp.ports.default.servers.echo.tls").isEqualTo(false);
        json.extractingPath("$.iocp.ports.default.servers.echo.address")
                .asString()
                .contains(":");
    }
}
