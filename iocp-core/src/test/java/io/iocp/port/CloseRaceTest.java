package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Lifecycle;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The close of a handle against whatever else happens to it. */
@Timeout(60)
class CloseRaceTest {

    @Test
    void shouldNotCloseTheDescriptorBeforeTheCloseHasBegun() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            ScriptedEngine.Loop loop = port.loop(0);
            Receive receive = new Receive(this);
            receive.begin(endpoint);
            shard.start(receive);
            ScriptedPort.awaitSubmitted(loop, receive);

            // The closing thread has moved the lifecycle, and the holder sees the receive complete before the command.
            assertThat(endpoint.move(Lifecycle.OPEN, Lifecycle.CLOSING)).isTrue();
            loop.complete(receive, Status.OK, 1);
            assertThat(port.next()).isSameAs(receive);
            assertThat(loop.calls).doesNotContain("closeDescriptor");

            shard.close(endpoint, Status.HANDLE_CLOSED);
            ScriptedPort.settle(shard);
            // In this order: once it is closed, the descriptor's number may be somebody else's.
            assertThat(loop.calls).containsExactly("submit", "shutdown", "closeDescriptor");
            assertThat(port.closed).containsExactly(endpoint);
        }
    }
}
