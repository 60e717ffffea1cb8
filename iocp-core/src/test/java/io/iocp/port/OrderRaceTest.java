package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Post;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a handler does directly against what other threads have put into the inbox before. */
@Timeout(60)
class OrderRaceTest {

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(ScriptedPort.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        }
    }

    @Test
    void shouldNotLetAHandlersStartOvertakeAnEarlierOneOfAnotherThread() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch firstStarted = new CountDownLatch(1);
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Send first = new Send(this);
        Send second = new Send(this);
        Shard[] shard = new Shard[1];
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation instanceof Post) {
                running.countDown();
                await(firstStarted);
                second.begin(endpoint);
                shard[0].start(second);
            }
        })) {
            shard[0] = port.associate(endpoint);
            Post post = new Post(this);
            post.begin(null);
            port.core.post(post);
            await(running);
            // From here the worker is in the handler: this send goes into the inbox, the handler's own does not.
            first.begin(endpoint);
            shard[0].start(first);
            firstStarted.countDown();
            assertThat(port.next()).isSameAs(post);

            ScriptedPort.awaitSubmitted(port.loop(0), first);
            port.loop(0).complete(first, Status.OK, 0);
            assertThat(port.next()).isSameAs(first);
            ScriptedPort.awaitSubmitted(port.loop(0), second);
            port.loop(0).complete(second, Status.OK, 0);
            assertThat(port.next()).isSameAs(second);
            assertThat(first.sequence).isLessThan(second.sequence);
        }
    }

    @Test
    void shouldForgetAnEndpointThatAHandlerClosesBeforeTheShardHasTakenIt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch associated = new CountDownLatch(1);
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Shard[] shard = new Shard[1];
        try (ScriptedPort port = new ScriptedPort(1, _ -> {
            running.countDown();
            await(associated);
            endpoint.move(Endpoint.Lifecycle.OPEN, Endpoint.Lifecycle.CLOSING);
            shard[0].close(endpoint, Status.HANDLE_CLOSED);
        })) {
            Post post = new Post(this);
            post.begin(null);
            port.core.post(post);
            await(running);
            shard[0] = port.associate(endpoint);
            associated.countDown();
            port.next();
            ScriptedPort.settle(shard[0]);
            assertThat(port.closed).containsExactly(endpoint);
            assertThat(endpoint.shardIndex)
                    .as("place in the table of the shard")
                    .isEqualTo(-1);
        }
    }
}
