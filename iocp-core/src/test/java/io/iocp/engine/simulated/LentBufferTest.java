package io.iocp.engine.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.engine.RecordingSink;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferPool;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the simulated kernel does with a buffer that a send need not have copied. */
class LentBufferTest {
    private final SimulatedNetwork network = SimulatedNetwork.of(Faults.none());
    private final SimulatedEngine engine = new SimulatedEngine(network);
    private final RecordingSink sink = new RecordingSink();

    @Test
    @DisplayName("who writes to it before it has come back changes what the peer reads; afterwards nobody sees it")
    void shouldReadTheBufferUntilItIsReturned() throws IOException {
        EngineLoop loop = engine.openLoop(new LoopOptions(16, 16, 2), sink);
        Endpoint listener =
                engine.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ListenOptions.defaults());
        SimulatedPeer peer = network.connect(listener.localAddress());
        Accept accept = new Accept(this);
        accept.begin(listener);
        loop.submit(accept);
        loop.turn(0);
        Endpoint connection = Objects.requireNonNull(accept.accepted);
        LeasedBuffer data = new BufferPool().lease(4);
        data.length(4);
        data.segment().fill((byte) 'a');
        data.pin();
        BufferRelease release = new BufferRelease(this, data, () -> {});
        Send send = new Send(this);
        send.begin(connection);
        send.one(data, release);
        loop.submit(send);
        sink.completed.clear();
        loop.turn(0);
        assertThat(sink.completed).containsExactly(new RecordingSink.Completed(send, Status.OK, 4, 0));
        assertThat(sink.returnedBuffers).as("not with the completion").isEmpty();
        assertThat(peer.input().read()).isEqualTo('a');
        data.segment().fill((byte) 'b');
        while (sink.returnedBuffers.isEmpty()) {
            loop.turn(0);
        }
        data.segment().fill((byte) 'c');
        assertThat(peer.input().readNBytes(3)).containsOnly((byte) 'b');
        peer.close();
        loop.close();
    }
}
