package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.json.JsonContentAssert;

/** Connections, servers, workers and shards, page by page, with the endpoint as it is by default: read-only. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=2",
            "iocp.servers.echo.port=0",
            "iocp.servers.other.port=0",
            "management.endpoints.web.exposure.include=iocp"
        })
class ViewsOverHttpTest {
    @Value("${local.server.port}")
    private int port;

    @Autowired
    private TcpServers servers;

    @Autowired
    private CompletionPort completionPort;

    private final List<Socket> sockets = new ArrayList<>();

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

    @BeforeEach
    void connect() throws IOException {
        for (int i = 0; i < 5; i++) {
            Socket socket = open("echo");
            socket.getOutputStream().write("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readNBytes(5)).hasSize(5);
        }
        open("other");
        await().until(() -> servers.connections() == 6);
    }

    private Socket open(String server) throws IOException {
        InetSocketAddress at = Objects.requireNonNull(
                Objects.requireNonNull(servers.server(server)).localAddress());
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), at.getPort());
        socket.setSoTimeout(20_000);
        sockets.add(socket);
        return socket;
    }

    @AfterEach
    void disconnect() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        await().until(() -> servers.connections() == 0);
    }

    private Management management() {
        return new Management(port);
    }

    @Test
    void shouldShowConnectionsWithTheirNumbers() throws Exception {
        JsonContentAssert json = management().json("iocp/default/connections?filter=server:echo");
        json.extractingPath("$.port").isEqualTo("default");
        json.extractingPath("$.view").isEqualTo("connections");
        json.extractingPath("$.total").isEqualTo(5);
        json.extractingPath("$.pages").isEqualTo(1);
        json.extractingPath("$.size").isEqualTo(50);
        json.extractingPath("$.content[0].server").isEqualTo("echo");
        json.doesNotHavePath("$.content[0].client");
        json.extractingPath("$.content[0].bytesReceived").isEqualTo(5);
        json.extractingPath("$.content[0].pendingBytes").isEqualTo(0);
        json.extractingPath("$.content[0].key").isEqualTo("echo");
        json.extractingPath("$.content[0].state").asString().isNotBlank();
        json.extractingPath("$.content[0].openedAt").asString().startsWith("20");
        json.extractingPath("$.content[0].ageMillis")
                .asNumber()
                .satisfies(n -> assertThat(n.longValue()).isBetween(0L, 60_000L));
        json.extractingPath("$.content[*].peer")
                .asArray()
                .allSatisfy(p -> assertThat(p.toString()).contains("127.0.0.1:"));
    }

    @Test
    void shouldPage() throws Exception {
        JsonContentAssert first = management().json("iocp/default/connections?size=4");
        first.extractingPath("$.content.length()").isEqualTo(4);
        first.extractingPath("$.total").isEqualTo(6);
        first.extractingPath("$.pages").isEqualTo(2);
        JsonContentAssert second = management().json("iocp/default/connections?size=4&page=1");
        second.extractingPath("$.content.length()").isEqualTo(2);
        second.extractingPath("$.page").isEqualTo(1);
        management()
                .json("iocp/default/connections?size=4&page=2147483647")
                .extractingPath("$.content.length()")
                .isEqualTo(0);
    }

    @Test
    void shouldFilterByTheirPort() throws Exception {
        int local = sockets.getFirst().getLocalPort();
        JsonContentAssert json = management().json("iocp/default/connections?filter=127.0.0.1:" + local);
        json.extractingPath("$.total").isEqualTo(1);
        management()
                .json("iocp/default/connections?filter=peer:127.0.0.1,server:OTHER")
                .extractingPath("$.total")
                .isEqualTo(1);
        management()
                .json("iocp/default/connections?filter=nothing-like-it")
                .extractingPath("$.total")
                .isEqualTo(0);
    }

    @Test
    void shouldShowOneConnection() throws Exception {
        long id = Objects.requireNonNull(servers.server("other"))
                .connectionViews()
                .getFirst()
                .id();
        management()
                .json("iocp/default/connections/" + id)
                .extractingPath("$.server")
                .isEqualTo("other");
    }

    @Test
    void shouldShowServersWorkersAndShards() throws Exception {
        JsonContentAssert all = management().json("iocp/default/servers");
        all.extractingPath("$.content[*].name").asArray().containsExactly("echo", "other");
        JsonContentAssert server = management().json("iocp/default/servers/echo");
        server.extractingPath("$.state").isEqualTo("listening");
        server.extractingPath("$.connections").isEqualTo(5);

        JsonContentAssert workers = management().json("iocp/default/workers");
        workers.extractingPath("$.content[*].shard").asArray().contains(0, 1);
        management()
                .json("iocp/default/workers/"
                        + completionPort.workers().getFirst().number())
                .extractingPath("$.name")
                .asString()
                .startsWith("iocp-default-worker-");

        JsonContentAssert shards = management().json("iocp/default/shards");
        shards.extractingPath("$.content.length()").isEqualTo(2);
        management().json("iocp/default/shards/1").extractingPath("$.index").isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "page=-1       | 'page' is out of its bounds: -1    | give a whole number from 0 to 2147483647",
                "page=two      | 'page' is no whole number: 'two'   | give a whole number from 0 to 2147483647",
                "size=0        | 'size' is out of its bounds: 0     | give a whole number from 1 to 500",
                "size=501      | 'size' is out of its bounds: 501   | give a whole number from 1 to 500",
                "size=99999999999999999999 | 'size' is no whole number: '99999999999999999999' | give a whole number from 1 to 500",
                "filter=colour:red | 'filter' names a field that there is not: 'colour' | take one of id, server, client,"
            })
    void shouldAnswer400WithCauseAndRemedy(String query, String cause, String remedy) throws Exception {
        JsonContentAssert json = Management.json(management().get("iocp/default/connections?" + query.strip()), 400);
        json.extractingPath("$.status").isEqualTo(400);
        json.extractingPath("$.cause").isEqualTo(cause);
        json.extractingPath("$.remedy").asString().startsWith(remedy);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "iocp/nowhere",
                "iocp/nowhere/connections",
                "iocp/default/nothing",
                "iocp/default/connections/999999999",
                "iocp/default/servers/nobody",
                "iocp/default/workers/77",
                "iocp/default/shards/2"
            })
    void shouldAnswer404WithCauseAndRemedy(String path) throws Exception {
        JsonContentAssert json = Management.json(management().get(path), 404);
        json.extractingPath("$.cause").asString().startsWith("there is no ");
        json.extractingPath("$.remedy").asString().isNotBlank();
    }

    @Test
    void shouldAnswer400ForAnIdThatIsNoNumber() throws Exception {
        Management.json(management().get("iocp/default/connections/first"), 400);
    }

    @Test
    void shouldHaveNoWritesByDefault() throws Exception {
        long id = Objects.requireNonNull(servers.server("other"))
                .connectionViews()
                .getFirst()
                .id();
        List<HttpResponse<String>> answers = List.of(
                management().post("iocp/default/post", "{\"key\":\"jobs\"}"),
                management().post("iocp/default/pause", "{\"server\":\"echo\"}"),
                management().post("iocp/default/workers", "{\"max\":9}"),
                management().delete("iocp/default/connections/" + id));
        assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(405);
        assertThat(servers.connections()).isEqualTo(6);
        assertThat(completionPort.maxWorkers()).isEqualTo(4);
    }
}
