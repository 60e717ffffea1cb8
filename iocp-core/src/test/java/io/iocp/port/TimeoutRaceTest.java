package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of an operation's time against its completion, a cancel, a close, and its next start elsewhere. */
@Timeout(60)
class TimeoutRaceTest {
    private static final long A_MOMENT = Duration.ofMillis(5).toNanos();
    private static final long FOR_EVER = Duration.ofDays(1).toNanos();

    private static void begin(Operation operation, Endpoint endpoint, long timeoutNanos) {
        operation.begin(endpoint);
        operation.timeout(timeoutNanos, System.nanoTime() + timeoutNanos);
    }

    private static void opened(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a test", e);
        }
    }

    private static void awaitCall(ScriptedEngine.Loop loop, String call, int times) {
        await().atMost(ScriptedPort.DEADLINE)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> loop.calls.stream().filter(call::equals).count() == times);
    }

    @Test
    void shouldLetTheCompletionDecideWhenItComesAfterTheTime() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            Receive receive = new Receive(this);
            begin(receive, endpoint, A_MOMENT);
            shard.start(receive);
            awaitCall(port.loop(0), "cancel", 1);
            port.loop(0).complete(receive, Status.OK, 3);
            assertThat(port.next()).isSameAs(receive);
            assertThat(receive.status).as("the bytes were there first").isEqualTo(Status.OK);
            assertThat(receive.bytes).isEqualTo(3);

            begin(receive, endpoint, A_MOMENT);
            shard.start(receive);
            awaitCall(port.loop(0), "cancel", 2);
            port.loop(0).complete(receive, Status.CANCELLED, 0);
            assertThat(port.next().status).isEqualTo(Status.TIMED_OUT);
            assertThat(port.ran).isEmpty();
        }
    }

    @Test
    void shouldTellWhoWasFirstWhenACancelAndTheTimeMeet() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            Send send = new Send(this);

            // The cancel is first, however late the test is; its command is held up until the time is over.
            CountDownLatch gate = new CountDownLatch(1);
            AtomicBoolean first = new AtomicBoolean();
            port.loop(0).inTurn(_ -> opened(gate));
            begin(send, endpoint, A_MOMENT);
            shard.start(send);
            shard.command(_ -> first.set(send.requestCancel())); // taken with the start, before the clock is looked at
            gate.countDown();
            ScriptedPort.awaitSubmitted(port.loop(0), send);
            ScriptedPort.settle(shard);
            assertThat(first).isTrue();
            Receive clock = new Receive(this);
            begin(clock, endpoint, 2 * A_MOMENT);
            shard.start(clock);
            awaitCall(port.loop(0), "cancel", 1); // the clock's: send's time is over as well
            shard.cancel(send, endpoint);
            awaitCall(port.loop(0), "cancel", 2);
            port.loop(0).complete(send, Status.CANCELLED, 5);
            assertThat(port.next()).isSameAs(send);
            assertThat(send.status).isEqualTo(Status.CANCELLED);
            assertThat(send.bytes).isEqualTo(5);
            port.loop(0).complete(clock, Status.CANCELLED, 0);
            assertThat(port.next().status).isEqualTo(Status.TIMED_OUT);

            // The time is first; the cancel finds nothing to cancel.
            begin(send, endpoint, A_MOMENT);
            shard.start(send);
            awaitCall(port.loop(0), "cancel", 3);
            assertThat(send.requestCancel()).isFalse();
            assertThat(send.requestCancel(endpoint, null)).isFalse();
            port.loop(0).complete(send, Status.CANCELLED, 5);
            assertThat(port.next().status).isEqualTo(Status.TIMED_OUT);
            assertThat(send.bytes).isEqualTo(5);
            assertThat(port.ran).isEmpty();
        }
    }

    @Test
    void shouldEndAsTheCloseSaysWhenItComesBeforeTheEngineHasAnswered() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            Receive receive = new Receive(this);
            Receive behind = new Receive(this);
            begin(receive, endpoint, A_MOMENT);
            shard.start(receive);
            begin(behind, endpoint, FOR_EVER);
            shard.start(behind);
            awaitCall(port.loop(0), "cancel", 1);
            assertThat(endpoint.move(Endpoint.Lifecycle.OPEN, Endpoint.Lifecycle.CLOSING))
                    .isTrue();
            shard.close(endpoint, Status.HANDLE_CLOSED);
            ScriptedPort.settle(shard);
            port.loop(0).complete(receive, Status.CANCELLED, 0);
            assertThat(port.next()).isSameAs(receive);
            assertThat(receive.status).isEqualTo(Status.HANDLE_CLOSED);
            assertThat(port.next()).isSameAs(behind);
            assertThat(behind.status).isEqualTo(Status.HANDLE_CLOSED);
            assertThat(port.ran).isEmpty();
        }
    }

    @Test
    void shouldTakeTheTimerAlongToAnotherShard() throws Exception {
        try (ScriptedPort port = new ScriptedPort(2, _ -> {})) {
            Endpoint one = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Endpoint other = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shardOfOne = port.associate(one);
            Shard shardOfOther = port.associate(other);
            Receive receive = new Receive(this);
            Set<Object> timers = new HashSet<>();
            for (int i = 0; i < 10; i++) {
                boolean even = i % 2 == 0;
                begin(receive, even ? one : other, FOR_EVER);
                (even ? shardOfOne : shardOfOther).start(receive);
                ScriptedEngine.Loop loop = port.loop(even ? 0 : 1);
                ScriptedPort.awaitSubmitted(loop, receive, i / 2 + 1);
                loop.complete(receive, Status.OK, 1);
                assertThat(port.next().status).isEqualTo(Status.OK);
                assertThat(receive.timer())
                        .isInstanceOfSatisfying(
                                Timer.class,
                                timer -> assertThat(timer.isArmed())
                                        .as("left in a wheel")
                                        .isFalse());
                timers.add(Objects.requireNonNull(receive.timer()));
            }
            assertThat(timers).as("one timer for life").hasSize(1);
            begin(receive, other, A_MOMENT);
            shardOfOther.start(receive);
            awaitCall(port.loop(1), "cancel", 1);
            assertThat(port.loop(0).calls).doesNotContain("cancel");
            port.loop(1).complete(receive, Status.CANCELLED, 0);
            assertThat(port.next().status).isEqualTo(Status.TIMED_OUT);
        }
    }

    @Test
    void shouldCountTheTimeInTheInbox() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            Receive late = new Receive(this);
            late.begin(endpoint);
            late.timeout(FOR_EVER, System.nanoTime() - 1); // it was a day in the inbox
            shard.start(late);
            awaitCall(port.loop(0), "cancel", 1);
            port.loop(0).complete(late, Status.CANCELLED, 0);
            assertThat(port.next().status).isEqualTo(Status.TIMED_OUT);
        }
    }
}
