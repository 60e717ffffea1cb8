package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever goes wrong around a handler, its worker lives, and so do all other connections of the shard. */
@Timeout(60)
class WorkerRaceTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldOutliveARunnerThatFails(boolean blocking) throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, blocking, operation -> {
            if (operation.bytes == 1) {
                throw new AssertionError("from the floor above");
            }
        })) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            for (int bytes = 1; bytes <= 2; bytes++) {
                Post post = new Post(this);
                post.begin(endpoint);
                post.bytes = bytes;
                shard.start(post);
            }
            assertThat(port.next().bytes).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldOutliveAHandlerThatReleasesTooOften(boolean blocking) throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, blocking, operation -> {
            LeasedBuffer lease = operation.lease;
            if (lease != null) {
                lease.release();
            }
        })) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            ScriptedEngine.Loop loop = port.loop(0);
            for (int i = 0; i < 2; i++) {
                Receive receive = new Receive(this);
                receive.begin(endpoint);
                shard.start(receive);
                ScriptedPort.awaitSubmitted(loop, receive);
                loop.inTurn(sink -> {
                    receive.lease = new LeasedBuffer(Arena.ofAuto().allocate(8), 0, sink).lease();
                    sink.completed(receive, Status.OK, 8, 0);
                });
                assertThat(port.next()).isSameAs(receive);
            }
            ScriptedPort.settle(shard);
        }
    }

    @Test
    void shouldRunThePacketsBehindAFailedReport() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            port.loop(0).inTurn(_ -> {
                throw new IllegalStateException("from the engine");
            });
            Post post = new Post(this);
            post.begin(endpoint);
            shard.start(post);
            assertThat(port.next()).isSameAs(post);
        }
    }
}
