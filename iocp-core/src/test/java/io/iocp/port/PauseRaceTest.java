package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pause, credit and re-arming of a continuous receive: never armed twice, never left disarmed. */
@Timeout(60)
class PauseRaceTest {

    @Test
    void shouldNotArmAReceiveThatStartsWhilePaused() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            ReceiveContinuously receive = new ReceiveContinuously(this);
            shard.pauseReceiving(endpoint, true);
            receive.begin(endpoint);
            shard.start(receive);
            ScriptedPort.settle(shard);
            assertThat(port.loop(0).calls).isEmpty();
            shard.pauseReceiving(endpoint, false);
            ScriptedPort.settle(shard);
            assertThat(port.loop(0).calls).containsExactly("submit");
            port.loop(0).complete(receive, Status.EOF, 0);
            assertThat(port.next().status).isEqualTo(Status.EOF);
        }
    }

    @Test
    void shouldArmAgainWhenResumedBeforeTheEngineHasDisarmed() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            ReceiveContinuously receive = new ReceiveContinuously(this);
            receive.begin(endpoint);
            shard.start(receive);
            shard.pauseReceiving(endpoint, true);
            shard.pauseReceiving(endpoint, false);
            ScriptedPort.settle(shard);
            assertThat(port.loop(0).calls).containsExactly("submit", "cancel");
            port.loop(0).complete(receive, Status.CANCELLED, 0);
            ScriptedPort.awaitSubmitted(port.loop(0), receive, 2);
            port.loop(0).complete(receive, Status.EOF, 0);
            assertThat(port.next().status).isEqualTo(Status.EOF);
        }
    }

    @Test
    void shouldArmOnceWhenTheCreditComesBackBeforeTheEngineHasDisarmed() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            ReceiveContinuously receive = new ReceiveContinuously(this);
            receive.begin(endpoint);
            shard.start(receive);
            ScriptedPort.awaitSubmitted(port.loop(0), receive);
            port.loop(0).inTurn(sink -> {
                for (int i = 0; i < 4; i++) {
                    LeasedBuffer buffer = new LeasedBuffer(Arena.ofAuto().allocate(1), i, sink).lease();
                    buffer.length(1);
                    sink.received(receive, buffer);
                }
            });
            for (int i = 0; i < 4; i++) {
                assertThat(port.next().status).isEqualTo(Status.OK);
            }
            ScriptedPort.settle(shard);
            assertThat(port.loop(0).calls.stream().filter(call -> !call.equals("recycle")))
                    .containsExactly("submit", "cancel");
            port.loop(0).complete(receive, Status.CANCELLED, 0);
            ScriptedPort.awaitSubmitted(port.loop(0), receive, 2);
            port.loop(0).complete(receive, Status.EOF, 0);
            assertThat(port.next().status).isEqualTo(Status.EOF);
        }
    }
}
