package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.json.JsonContentAssert;

/** Clients and their connections: one that has somebody to talk to, and one whose address nobody listens on. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "iocp.clients.talks.host=127.0.0.1",
            "iocp.clients.alone.host=127.0.0.1",
            "iocp.clients.alone.port=1",
            "management.endpoint.iocp.access=unrestricted",
            "management.endpoints.web.exposure.include=iocp"
        })
class ClientsOverHttpTest {
    private static final ServerSocket PEER = listen();

    @Value("${local.server.port}")
    private int port;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @DynamicPropertySource
    static void peer(DynamicPropertyRegistry properties) {
        properties.add("iocp.clients.talks.port", PEER::getLocalPort);
    }

    @AfterAll
    static void close() throws IOException {
        PEER.close();
    }

    @Test
    void shouldShowClientsAndCloseTheirConnections() throws Exception {
        Management management = new Management(port);
        try (Socket accepted = PEER.accept()) {
            accepted.setSoTimeout(20_000);
            await().untilAsserted(() -> {
                JsonContentAssert json = management.json("iocp");
                json.extractingPath("$.ports.default.clients.talks.up").isEqualTo(1);
                json.extractingPath("$.ports.default.clients.alone.connects.refused")
                        .asNumber()
                        .isNotNull();
            });
            JsonContentAssert json = management.json("iocp/default/clients?filter=name:alone");
            json.extractingPath("$.total").isEqualTo(1);
            json.extractingPath("$.content[0].name").isEqualTo("alone");
            json.extractingPath("$.content[0].address").isEqualTo("127.0.0.1:1");
            json.extractingPath("$.content[0].connections[0].lastFailure")
                    .asString()
                    .isNotBlank();
            management
                    .json("iocp/default/clients/talks")
                    .extractingPath("$.wanted")
                    .isEqualTo(1);

            JsonContentAssert connections = management.json("iocp/default/connections?filter=client:talks");
            connections.extractingPath("$.total").isEqualTo(1);
            connections.doesNotHavePath("$.content[0].server");
            String id = connectionOf(accepted);
            management
                    .json("iocp/default/connections/" + id)
                    .extractingPath("$.client")
                    .isEqualTo("talks");
            Management.json(management.delete("iocp/default/connections/" + id), 200)
                    .extractingPath("$.result.client")
                    .isEqualTo("talks");
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
        }
    }

    private String connectionOf(Socket accepted) throws Exception {
        String body = new Management(port)
                .get("iocp/default/connections?filter=client:talks")
                .body();
        String id = body.replaceFirst("(?s).*\"content\":\\[\\{\"id\":(\\d+),.*", "$1");
        assertThat(id).as("%s of %s", body, accepted).matches("\\d+");
        return id;
    }
}
