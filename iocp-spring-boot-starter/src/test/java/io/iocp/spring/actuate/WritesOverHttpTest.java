package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditListener;
import org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.json.JsonContentAssert;

/** Writes, where access is unrestricted: Boot then has to tell all of them apart. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "iocp.servers.echo.port=0",
            "management.endpoint.iocp.access=unrestricted",
            "management.endpoints.web.exposure.include=iocp,iocpevents,auditevents"
        })
class WritesOverHttpTest {
    private static final BlockingQueue<String> JOBS = new LinkedBlockingQueue<>();

    @Value("${local.server.port}")
    private int port;

    @Autowired
    private TcpServers servers;

    @Autowired
    private CompletionPort completionPort;

    @Autowired
    private InMemoryAuditEventRepository audit;

    private Instant begin = Instant.now();

    /** Boot's own auto-configuration of the audit needs Spring Security. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = AuditAutoConfiguration.class)
    static class Application {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }

        @IoCompletionHandler(channel = "jobs")
        void job(String job) {
            JOBS.add(job);
        }

        @Bean
        InMemoryAuditEventRepository audit() {
            return new InMemoryAuditEventRepository();
        }

        @Bean
        AuditListener auditListener(AuditEventRepository audit) {
            return new AuditListener(audit);
        }
    }

    @BeforeEach
    void now() {
        begin = Instant.now();
    }

    private Management management() {
        return new Management(port);
    }

    private TcpServer echo() {
        return Objects.requireNonNull(servers.server("echo"));
    }

    private Socket connect() throws Exception {
        InetSocketAddress at = Objects.requireNonNull(echo().localAddress());
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), at.getPort());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void assertEchoes(Socket socket) throws Exception {
        socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().readNBytes(5)).hasSize(5);
    }

    private AuditEvent onlyEvent(String type) {
        List<AuditEvent> events = audit.find(null, begin.minusMillis(1), type);
        assertThat(events).as(type).hasSize(1);
        return events.getFirst();
    }

    @Test
    void shouldPost() throws Exception {
        JsonContentAssert json = Management.json(
                management().post("iocp/default/post", "{\"key\":\"jobs\",\"attachment\":\"build\",\"bytes\":3}"), 200);
        json.extractingPath("$.action").isEqualTo("post");
        json.extractingPath("$.result.queueDepth").asNumber().isNotNull();
        assertThat(JOBS.poll(20, TimeUnit.SECONDS)).isEqualTo("build");
        AuditEvent event = onlyEvent("IOCP_POST");
        assertThat(event.getPrincipal()).isEqualTo("anonymous");
        assertThat(event.getData())
                .containsEntry("port", "default")
                .containsEntry("key", "jobs")
                .containsEntry("attachmentLength", 5)
                .containsEntry("bytes", "3")
                .containsEntry("outcome", "done")
                .doesNotContainValue("build");
    }

    @Test
    void shouldPauseAndResumeAServerWhoseConnectionsLiveOn() throws Exception {
        try (Socket socket = connect()) {
            assertEchoes(socket);
            Management.json(management().post("iocp/default/pause", "{\"server\":\"echo\"}"), 200)
                    .extractingPath("$.result.state")
                    .isEqualTo("paused");
            assertEchoes(socket);
            management()
                    .json("iocp/default/servers/echo")
                    .extractingPath("$.state")
                    .isEqualTo("paused");
            Management.json(management().post("iocp/default/pause", "{\"server\":\"echo\"}"), 409)
                    .extractingPath("$.cause")
                    .isEqualTo("server 'echo' is paused");
            try (Socket waits = connect()) {
                waits.getOutputStream().write("later".getBytes(StandardCharsets.US_ASCII));
                assertThat(echo().connections()).isEqualTo(1);
                Management.json(management().post("iocp/default/resume", "{\"server\":\"echo\"}"), 200)
                        .extractingPath("$.result.state")
                        .isEqualTo("listening");
                assertThat(waits.getInputStream().readNBytes(5)).hasSize(5);
            }
            Management.json(management().post("iocp/default/resume", "{\"server\":\"echo\"}"), 409);
        }
        JsonContentAssert events = management().json("iocpevents");
        events.extractingPath("$.events[*].type").asArray().contains("serverPaused", "serverResumed");
        assertThat(audit.find(null, begin.minusMillis(1), "IOCP_PAUSE"))
                .extracting(e -> e.getData().get("outcome"))
                .containsExactly("done", "refused");
        await().until(() -> echo().connections() == 0);
    }

    @Test
    void shouldDrainAServerAndStartItAnew() throws Exception {
        try (Socket socket = connect()) {
            assertEchoes(socket);
            InetSocketAddress at = Objects.requireNonNull(echo().localAddress());
            Management.json(management().post("iocp/default/drain", "{\"server\":\"echo\"}"), 200)
                    .extractingPath("$.result.state")
                    .isEqualTo("draining");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            await().until(() -> refuses(at));
            Management.json(management().post("iocp/default/drain", "{\"server\":\"echo\"}"), 409);
            Management.json(management().post("iocp/default/resume", "{\"server\":\"echo\"}"), 200);
        }
        try (Socket socket = connect()) {
            assertEchoes(socket);
        }
        await().until(() -> echo().connections() == 0);
    }

    private static boolean refuses(InetSocketAddress at) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), at.getPort())) {
            return !socket.isConnected();
        } catch (ConnectException e) {
            return true;
        }
    }

    @Test
    void shouldDrainAndCloseOneConnection() throws Exception {
        try (Socket drained = connect();
                Socket closed = connect();
                Socket other = connect()) {
            assertEchoes(drained);
            assertEchoes(closed);
            assertEchoes(other);
            long first = idOf(drained);
            long second = idOf(closed);
            Management.json(management().post("iocp/default/drain", "{\"connection\":" + first + "}"), 200)
                    .extractingPath("$.result.server")
                    .isEqualTo("echo");
            assertThat(drained.getInputStream().read()).isEqualTo(-1);
            long before = echo().closed(CloseReason.OPERATOR);
            Management.json(management().delete("iocp/default/connections/" + second), 200)
                    .extractingPath("$.result.connection")
                    .asNumber()
                    .satisfies(n -> assertThat(n.longValue()).isEqualTo(second));
            assertThat(closed.getInputStream().read()).isEqualTo(-1);
            await().until(() -> echo().closed(CloseReason.OPERATOR) == before + 1);
            assertEchoes(other);
            Management.json(management().delete("iocp/default/connections/" + second), 404);
            assertThat(audit.find(null, begin.minusMillis(1), "IOCP_CLOSE"))
                    .extracting(e -> e.getData().get("outcome"))
                    .containsExactly("done", "refused");
            assertThat(onlyEvent("IOCP_DRAIN").getData()).containsEntry("connection", Long.toString(first));
        }
        await().until(() -> echo().connections() == 0);
    }

    private long idOf(Socket socket) throws Exception {
        HttpResponse<String> response = management().get("iocp/default/connections?filter=:" + socket.getLocalPort());
        assertThat(response.statusCode()).isEqualTo(200);
        return echo().connectionViews().stream()
                .filter(c -> c.peer().endsWith(":" + socket.getLocalPort()))
                .findFirst()
                .orElseThrow()
                .id();
    }

    @Test
    void shouldSetTheNumberOfWorkers() throws Exception {
        int was = completionPort.maxWorkers();
        JsonContentAssert json = Management.json(management().post("iocp/default/workers", "{\"max\":7}"), 200);
        json.extractingPath("$.result.was").isEqualTo(was);
        json.extractingPath("$.result.max").isEqualTo(7);
        assertThat(completionPort.maxWorkers()).isEqualTo(7);
        management().json("iocp/default").extractingPath("$.workers.max").isEqualTo(7);
        Management.json(management().post("iocp/default/workers", "{\"max\":\"0\"}"), 200)
                .extractingPath("$.result.max")
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "workers; {}; 400; 'max' is missing",
                "workers; {'max':'many'}; 400; 'max' is no whole number: 'many'",
                "workers; {'max':65001}; 400; 'max' is out of its bounds: 65001",
                "post; {'bytes':-1}; 400; 'bytes' is out of its bounds: -1",
                "pause; {}; 400; 'server' is missing",
                "pause; {'server':'nobody'}; 404; port 'default' has no server 'nobody'",
                "drain; {'connection':1,'server':'echo'}; 400; both 'server' and 'connection' are given",
                "drain; {'connection':999999999}; 404; port 'default' has no connection 999999999 of a server",
                "explode; {}; 404; there is no action 'explode'"
            })
    void shouldRefuseWithCauseAndRemedyAndAuditIt(String action, String body, int status, String cause)
            throws Exception {
        JsonContentAssert json =
                Management.json(management().post("iocp/default/" + action, body.replace('\'', '"')), status);
        json.extractingPath("$.cause").isEqualTo(cause);
        json.extractingPath("$.remedy").asString().isNotBlank();
        String type = action.equals("explode") ? "IOCP_UNKNOWN" : "IOCP_" + action.toUpperCase(java.util.Locale.ROOT);
        assertThat(audit.find(null, begin.minusMillis(1), type))
                .isNotEmpty()
                .last()
                .satisfies(e -> {
                    assertThat(e.getData()).containsEntry("outcome", "refused");
                    assertThat(String.valueOf(e.getData().get("reason"))).startsWith(cause + "; remedy: ");
                });
    }

    @Test
    void shouldRefuseWritesToPortsThatAreNot() throws Exception {
        Management.json(management().post("iocp/nowhere/workers", "{\"max\":7}"), 404)
                .extractingPath("$.remedy")
                .isEqualTo("take one of default");
        Management.json(management().delete("iocp/default/servers/echo"), 404);
        Management.json(management().delete("iocp/default/connections/first"), 400);
    }

    @Test
    void shouldShowWritesAmongTheAuditEvents() throws Exception {
        Management.json(management().post("iocp/default/workers", "{\"max\":5}"), 200);
        management()
                .json("auditevents?type=IOCP_WORKERS")
                .extractingPath("$.events[*].data.action")
                .asArray()
                .contains("workers");
    }
}
