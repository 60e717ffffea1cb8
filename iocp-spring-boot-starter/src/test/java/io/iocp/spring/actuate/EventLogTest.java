package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.spring.actuate.EventLog.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/** The ring of events: what readers see, miss and wait for. */
@Timeout(60)
class EventLogTest {
    private static final int CAPACITY = 10;
    private static final int MOST_IN_SECOND = 1000;
    private static final int MOST_WAITING = 2;

    private final EventLog log = new EventLog(CAPACITY, MOST_IN_SECOND, MOST_WAITING);

    private void happen(int times) {
        for (int i = 0; i < times; i++) {
            log.serverPaused("default", "echo");
        }
    }

    private EventQuery query(@Nullable String after, @Nullable String limit, @Nullable String wait) {
        return EventQuery.of(new EventRequest(null, null, null, null, null, after, limit, wait), CAPACITY, log.last());
    }

    private static List<Long> sequences(Reading reading) {
        return reading.events().stream().map(PortEvent::sequence).toList();
    }

    @Test
    void shouldShowTheNewestFirst() {
        happen(3);
        Reading reading = log.read(query(null, null, null));
        assertThat(sequences(reading)).containsExactly(2L, 1L, 0L);
        assertThat(reading.last()).isEqualTo(2);
        assertThat(reading.lost()).isZero();
    }

    @Test
    void shouldShowWhatCameAfter() {
        happen(5);
        assertThat(sequences(log.read(query("2", null, null)))).containsExactly(4L, 3L);
        assertThat(sequences(log.read(query("4", null, null)))).isEmpty();
        assertThat(sequences(log.read(query("-1", null, null)))).hasSize(5);
    }

    @Test
    void shouldSayWhatIsBeyondTheLimitAndWhatIsNotKept() {
        happen(25);
        Reading limited = log.read(query(null, "3", null));
        assertThat(sequences(limited)).containsExactly(24L, 23L, 22L);
        assertThat(limited.skipped()).isEqualTo(7);
        Reading late = log.read(query("10", null, null));
        assertThat(sequences(late)).hasSize(CAPACITY).startsWith(24L).endsWith(15L);
        assertThat(late.lost()).isEqualTo(4); // 11 to 14
    }

    @Test
    void shouldShowEverythingToAReaderOfAnEarlierLife() {
        happen(2);
        Reading reading = log.read(query("1000", null, "20s"));
        assertThat(reading.restarted()).isTrue();
        assertThat(sequences(reading)).containsExactly(1L, 0L);
    }

    @Test
    void shouldFilter() {
        log.serverPaused("default", "echo");
        log.serverPaused("second", "other");
        log.rejected("default", "echo", "max-connections");
        log.clientLost("default", "echo", "refused");
        log.dropped("default", "echo", 17, "idle");
        assertThat(read("serverPaused,rejected", null, null))
                .containsExactly("rejected", "serverPaused", "serverPaused");
        assertThat(read("SERVERPAUSED", "second", null)).containsExactly("serverPaused");
        assertThat(read(null, null, "echo")).containsExactly("dropped", "rejected", "serverPaused");
        assertThatThrownBy(() -> read("nothing", null, null))
                .isInstanceOf(InvalidEndpointRequestException.class)
                .hasMessageContaining("'nothing'");
    }

    private List<String> read(@Nullable String type, @Nullable String port, @Nullable String server) {
        EventRequest request = new EventRequest(type, port, null, server, null, null, null, null);
        return log.read(EventQuery.of(request, CAPACITY, log.last())).events().stream()
                .map(PortEvent::type)
                .toList();
    }

    @Test
    void shouldRefuseWaitsThatCannotBe() {
        for (String wait : List.of("31s", "-1s", "soon", "PT1H", "")) {
            assertThatThrownBy(() -> query(null, null, wait)).isInstanceOf(InvalidEndpointRequestException.class);
        }
        assertThat(query(null, null, "500ms").patience()).hasMillis(500);
    }

    @Test
    void shouldWaitForTheNextEvent() throws Exception {
        happen(2);
        CompletableFuture<Reading> waiting = waitFor(query(null, null, "30s"));
        await().until(() -> log.waiting() == 1);
        assertThat(waiting).isNotDone();
        happen(1);
        assertThat(sequences(waiting.get(20, TimeUnit.SECONDS))).containsExactly(2L);
        assertThat(log.waiting()).isZero();
    }

    @Test
    void shouldGoOnWaitingWhileNothingMatches() throws Exception {
        EventRequest request = new EventRequest("rejected", null, null, null, null, null, null, "30s");
        CompletableFuture<Reading> waiting = waitFor(EventQuery.of(request, CAPACITY, log.last()));
        await().until(() -> log.waiting() == 1);
        happen(3);
        assertThat(waiting).isNotDone();
        log.rejected("default", "echo", "max-connections");
        assertThat(sequences(waiting.get(20, TimeUnit.SECONDS))).containsExactly(3L);
    }

    @Test
    void shouldAnswerWithNothingWhenTheTimeIsOver() throws Exception {
        assertThat(log.await(query(null, null, "10ms")).events()).isEmpty();
    }

    @Test
    void shouldAnswerAtOnceWhoeverWouldBeOneTooMany() throws Exception {
        List<CompletableFuture<Reading>> waiting = new ArrayList<>();
        for (int i = 0; i < MOST_WAITING; i++) {
            waiting.add(waitFor(query(null, null, "30s")));
        }
        await().until(() -> log.waiting() == MOST_WAITING);
        assertThat(log.await(query(null, null, "30s")).events()).isEmpty();
        happen(1);
        for (CompletableFuture<Reading> each : waiting) {
            assertThat(each.get(20, TimeUnit.SECONDS).events()).hasSize(1);
        }
    }

    @Test
    void shouldMissNothingWhileOthersRecord() throws Exception {
        int events = 20_000;
        EventLog large = new EventLog(events, MOST_IN_SECOND, 1);
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            writers.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < events / 4; n++) {
                    large.serverPaused("default", "echo");
                }
            }));
        }
        List<Long> seen = new ArrayList<>();
        long after = EventQuery.EVERY;
        while (seen.size() < events) {
            Reading reading = large.next(after);
            assertThat(reading.lost()).isZero();
            seen.addAll(sequences(reading).reversed());
            after = reading.last();
        }
        for (int i = 0; i < events; i++) {
            assertThat(seen.get(i)).isEqualTo(i);
        }
        for (Thread writer : writers) {
            writer.join();
        }
    }

    @Test
    void shouldSampleEachTypeForItself() {
        EventLog sampling = new EventLog(CAPACITY, 3, 0);
        for (int i = 0; i < 1000; i++) {
            sampling.rejected("default", "echo", "max-connections");
        }
        sampling.clientLost("default", "backend", "refused");
        assertThat(sampling.events()).first().extracting(PortEvent::type).isEqualTo("clientLost");
        assertThat(sampling.sampledOut()).containsOnlyKeys("rejected");
        assertThat(sampling.sampledOut().get("rejected")).isGreaterThan(900);
    }

    private CompletableFuture<Reading> waitFor(EventQuery query) {
        Executor each = task -> Thread.ofVirtual().start(task);
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return log.await(query);
                    } catch (InterruptedException e) {
                        throw new CompletionException(e);
                    }
                },
                each);
    }
}
