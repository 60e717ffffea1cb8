package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.test.json.JsonContentAssert;

/** The long poll, with a web server that has few threads, and events as the application's own listeners see them. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "iocp.engine=nio",
            "iocp.concurrency=1",
            "iocp.servers.echo.port=0",
            "iocp.events.max-waiting=2",
            "iocp.events.publish=true",
            "server.tomcat.threads.max=4",
            "management.endpoints.web.exposure.include=iocp,iocpevents"
        })
@Timeout(60)
class EventsOverHttpTest {
    private static final Queue<PortEvent> PUBLISHED = new ConcurrentLinkedQueue<>();

    @Value("${local.server.port}")
    private int port;

    @Autowired
    private CompletionPort completionPort;

    @Autowired
    private EventLog log;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @IoCompletionHandler(channel = "jobs")
        void job(String job) {}

        @EventListener
        void on(PortEvent event) {
            PUBLISHED.add(event);
        }
    }

    private Management management() {
        return new Management(port);
    }

    private CompletableFuture<HttpResponse<String>> later(String path) {
        Management management = management();
        return management.client().sendAsync(management.request(path).build(), BodyHandlers.ofString());
    }

    @Test
    void shouldAnswerWhenSomethingHappens() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = later("iocpevents?type=postCompletion&wait=30s");
        await().until(() -> log.waiting() == 1);
        completionPort.post("jobs", "one");
        JsonContentAssert json = Management.json(answer.get(20, TimeUnit.SECONDS), 200);
        json.extractingPath("$.events.length()").isEqualTo(1);
        json.extractingPath("$.events[0].type").isEqualTo("postCompletion");
        json.extractingPath("$.events[0].key").isEqualTo("jobs");
        json.extractingPath("$.last")
                .asNumber()
                .satisfies(n -> assertThat(n.longValue()).isNotNegative());
        json.extractingPath("$.waiting.most").isEqualTo(2);
    }

    @Test
    void shouldAnswerWithNothingWhenTheTimeIsOver() throws Exception {
        JsonContentAssert json = management().json("iocpevents?type=clientLost&after=" + log.last() + "&wait=50ms");
        json.extractingPath("$.events.length()").isEqualTo(0);
    }

    @Test
    void shouldLeaveThreadsOfTheWebServerForOthers() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            waiting.add(later("iocpevents?type=serverResumed&wait=30s"));
        }
        await().until(() -> log.waiting() == 2
                && waiting.stream().filter(CompletableFuture::isDone).count() == 4);
        management().json("iocp").hasPath("$.ports.default");
        log.serverResumed("default", "echo");
        for (CompletableFuture<HttpResponse<String>> answer : waiting) {
            assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "wait=1h       | 'wait' is out of its bounds: '1h'",
                "wait=soon     | 'wait' is no duration: 'soon'",
                "limit=0       | 'limit' is out of its bounds: 0",
                "limit=1001    | 'limit' is out of its bounds: 1001",
                "after=x       | 'after' is no whole number: 'x'",
                "type=nonsense | there is no type of events 'nonsense'"
            })
    void shouldAnswer400WithCauseAndRemedy(String query, String cause) throws Exception {
        JsonContentAssert json = Management.json(management().get("iocpevents?" + query), 400);
        json.extractingPath("$.cause").isEqualTo(cause);
        json.extractingPath("$.remedy").asString().isNotBlank();
    }

    @Test
    void shouldPublishEventsInTheApplicationInTheirOrder() {
        await().untilAsserted(
                        () -> assertThat(PUBLISHED).extracting(PortEvent::type).contains("serverStarted"));
        long before = log.last();
        for (int i = 0; i < 10; i++) {
            log.serverPaused("default", "number " + i);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> numbered().size() == 10);
        assertThat(numbered())
                .extracting(PortEvent::key)
                .containsExactlyElementsOf(java.util.stream.IntStream.range(0, 10)
                        .mapToObj(i -> "number " + i)
                        .toList());
        assertThat(numbered()).allMatch(e -> e.sequence() > before);
    }

    private static List<PortEvent> numbered() {
        return PUBLISHED.stream()
                .filter(e -> String.valueOf(e.key()).startsWith("number "))
                .toList();
    }
}
