package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.Send;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Starts that may end at once, against what came before them in their direction and against cancels. */
@Timeout(60)
class SkipRaceTest {
    private final Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
    private final List<StartResult> results = new ArrayList<>();
    private final AtomicReference<Shard> shard = new AtomicReference<>();

    private void startSkipping(Operation operation) {
        operation.begin(endpoint);
        operation.maySkipPacket = true;
        results.add(shard.get().start(operation));
    }

    private static Post post(Endpoint to) {
        Post post = new Post("post");
        post.begin(to);
        return post;
    }

    private static Status ends(Operation operation, Status status, long bytes) {
        operation.bytes = bytes;
        return status;
    }

    @Test
    void shouldNotOvertakeAPacketOfTheSameDirectionThatWaits() throws Exception {
        Receive first = new Receive("first");
        Receive second = new Receive("second");
        Send send = new Send("send");
        Post go = post(endpoint);
        CountDownLatch secondIsReady = new CountDownLatch(1);
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation == go) {
                // The packet of `first` is ready and comes after this one.
                startSkipping(second);
                startSkipping(send);
                secondIsReady.countDown();
            }
        })) {
            shard.set(port.associate(endpoint));
            ScriptedEngine.Loop loop = port.loop(0);
            first.begin(endpoint);
            shard.get().start(first);
            ScriptedPort.awaitSubmitted(loop, first);
            loop.attempts.add(o -> ends(o, Status.OK, 1));
            loop.inTurn(sink -> {
                shard.get().flow().take(go);
                sink.completed(first, Status.OK, 1, 0);
            });
            assertThat(port.next()).isSameAs(go);
            assertThat(port.next()).isSameAs(first);
            secondIsReady.await();
            assertThat(results).containsExactly(StartResult.PENDING, StartResult.COMPLETED_NOT_POSTED);
            ScriptedPort.awaitSubmitted(loop, second);
            loop.complete(second, Status.OK, 1);
            assertThat(port.next()).isSameAs(second);
            assertThat(port.ran).as("the send has no packet").isEmpty();
        }
    }

    @Test
    void shouldHaveEitherAResultOrAPacketWhateverTheAttemptComesTo() throws Exception {
        Receive fails = new Receive("fails");
        Receive ends = new Receive("ends");
        Send partial = new Send("partial");
        Post go = post(endpoint);
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation == go) {
                startSkipping(ends);
                startSkipping(partial);
                startSkipping(fails);
            }
        })) {
            shard.set(port.associate(endpoint));
            ScriptedEngine.Loop loop = port.loop(0);
            loop.attempts.add(o -> ends(o, Status.EOF, 0));
            loop.attempts.add(o -> {
                o.bytes = 7;
                return null;
            });
            loop.attempts.add(o -> ends(o, Status.RESET, 0));
            shard.get().start(go);
            assertThat(port.next()).isSameAs(go);
            assertThat(port.next()).isSameAs(fails);
            assertThat(fails.status).isEqualTo(Status.RESET);
            assertThat(results)
                    .containsExactly(
                            StartResult.COMPLETED_NOT_POSTED, StartResult.PENDING, StartResult.COMPLETED_POSTED);
            assertThat(ends.isPending()).isFalse();
            assertThat(ends.status).isEqualTo(Status.EOF);
            ScriptedPort.awaitSubmitted(loop, partial);
            assertThat(partial.bytes).as("the submit goes on after these").isEqualTo(7);
            loop.complete(partial, Status.OK, 20);
            assertThat(port.next()).isSameAs(partial);
            assertThat(partial.bytes).isEqualTo(20);
        }
    }

    @Test
    void shouldKeepTheCountOfASendThatIsCancelledWhileItIsTried() throws Exception {
        Send send = new Send("send");
        Post go = post(endpoint);
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation == go) {
                startSkipping(send);
            }
        })) {
            shard.set(port.associate(endpoint));
            port.loop(0).attempts.add(o -> {
                o.bytes = 7;
                assertThat(o.requestCancel(endpoint, null)).isTrue();
                return null;
            });
            shard.get().start(go);
            assertThat(port.next()).isSameAs(go);
            assertThat(port.next()).isSameAs(send);
            assertThat(send.status).isEqualTo(Status.CANCELLED);
            assertThat(send.bytes).isEqualTo(7);
            assertThat(port.loop(0).calls).doesNotContain("submit");
            assertThat(results).containsExactly(StartResult.COMPLETED_POSTED);
        }
    }

    @Test
    void shouldLetOneRunOfAHandlerHaveSixteen() throws Exception {
        Post go = post(endpoint);
        List<Receive> receives = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            receives.add(new Receive(i));
        }
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation == go) {
                receives.forEach(this::startSkipping);
            }
        })) {
            shard.set(port.associate(endpoint));
            for (int i = 0; i < 20; i++) {
                port.loop(0).attempts.add(o -> ends(o, Status.OK, 1));
            }
            shard.get().start(go);
            assertThat(port.next()).isSameAs(go);
            assertThat(results.subList(0, 16)).containsOnly(StartResult.COMPLETED_NOT_POSTED);
            assertThat(results.subList(16, 20)).containsOnly(StartResult.PENDING);
            for (int i = 16; i < 20; i++) {
                ScriptedPort.awaitSubmitted(port.loop(0), receives.get(i));
                port.loop(0).complete(receives.get(i), Status.OK, 1);
                assertThat(port.next()).isSameAs(receives.get(i));
                assertThat(receives.get(i).sequence).isEqualTo(i);
            }
        }
    }
}
