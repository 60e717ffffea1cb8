package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Accept;
import io.iocp.operation.Endpoint;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cancels and retries that come late, when the operation is in flight again somewhere else. */
@Timeout(60)
class CancelRaceTest {

    @Test
    void shouldNotLetALateCancelTouchTheOperationOnAnotherShard() throws Exception {
        try (ScriptedPort port = new ScriptedPort(2, _ -> {})) {
            Endpoint one = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Endpoint other = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shardOfOne = port.associate(one);
            Shard shardOfOther = port.associate(other);
            assertThat(shardOfOne).isNotSameAs(shardOfOther);
            ReceiveContinuously receive = new ReceiveContinuously(this);

            receive.begin(one);
            shardOfOne.start(receive);
            ScriptedPort.awaitSubmitted(port.loop(0), receive);
            assertThat(receive.requestCancel()).isTrue();
            // Its caller is held up here; the receive ends by itself and is started on the other connection.
            port.loop(0).complete(receive, Status.EOF, 0);
            assertThat(port.next()).isSameAs(receive);
            receive.begin(other);
            shardOfOther.start(receive);
            ScriptedPort.awaitSubmitted(port.loop(1), receive);
            assertThat(receive.requestCancel()).isTrue();

            shardOfOne.cancel(receive, one);
            ScriptedPort.settle(shardOfOne);
            shardOfOther.cancel(receive, other);
            ScriptedPort.settle(shardOfOther);
            assertThat(port.loop(0).calls).doesNotContain("cancel");
            assertThat(port.loop(1).calls).contains("cancel");
            port.loop(1).complete(receive, Status.CANCELLED, 0);
            assertThat(port.next().status).isEqualTo(Status.CANCELLED);
        }
    }

    @Test
    void shouldNotRetryAnAcceptThatHasEndedAndIsDeferredOnAnotherShard() throws Exception {
        try (ScriptedPort port = new ScriptedPort(2, _ -> {})) {
            Endpoint one = new ScriptedEngine.Peerless(Endpoint.Kind.LISTENER);
            Endpoint other = new ScriptedEngine.Peerless(Endpoint.Kind.LISTENER);
            Shard shardOfOne = port.associate(one);
            Shard shardOfOther = port.associate(other);
            Accept accept = new Accept(this);

            accept.begin(one);
            shardOfOne.start(accept);
            ScriptedPort.awaitSubmitted(port.loop(0), accept);
            // In one turn, so that the retry cannot come in between.
            port.loop(0).inTurn(sink -> {
                sink.completed(accept, Status.RESOURCE_LIMIT, 0, 0);
                accept.requestCancel();
                shardOfOne.flow().cancel(accept, one);
            });
            assertThat(port.next().status).isEqualTo(Status.CANCELLED);

            accept.begin(other);
            shardOfOther.start(accept);
            ScriptedPort.awaitSubmitted(port.loop(1), accept);
            port.loop(1).complete(accept, Status.RESOURCE_LIMIT, 0);
            ScriptedPort.awaitSubmitted(port.loop(1), accept, 2);
            assertThat(port.loop(0).submitted).containsExactly(accept);
            port.loop(1).complete(accept, Status.OK, 0);
            assertThat(port.next().status).isEqualTo(Status.OK);
        }
    }

    /** An accept never shows that descriptors ran out: it is tried again, unless somebody has cancelled it. */
    @Test
    void shouldBeCancelledWhenAnAcceptFindsNoDescriptorAndIsNotToBeTriedAgain() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint listener = new ScriptedEngine.Peerless(Endpoint.Kind.LISTENER);
            Shard shard = port.associate(listener);
            for (boolean continuous : new boolean[] {false, true}) {
                Accept accept = new Accept(this);
                accept.continuous = continuous;
                accept.begin(listener);
                shard.start(accept);
                ScriptedPort.awaitSubmitted(port.loop(0), accept);
                assertThat(accept.requestCancel()).isTrue();
                port.loop(0).complete(accept, Status.RESOURCE_LIMIT, 0);
                assertThat(port.next().status).isEqualTo(Status.CANCELLED);
            }
        }
    }
}
