package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.BufferPool;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Buffers that the kernel still reads when their send has ended. */
@Timeout(60)
class LentBufferRaceTest {
    private final BufferPool pool = new BufferPool();
    private final Send send = new Send("send");

    /** A send that has ended, though the kernel holds its buffer. */
    private BufferRelease lend(ScriptedPort port) throws InterruptedException {
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Shard shard = port.associate(endpoint);
        LeasedBuffer data = pool.lease(100);
        data.length(100);
        data.pin();
        BufferRelease release = new BufferRelease("release", data, () -> {});
        send.begin(endpoint);
        send.one(data, release);
        shard.start(send);
        ScriptedPort.awaitSubmitted(port.loop(0), send);
        port.loop(0).inTurn(sink -> {
            release.hold();
            sink.completed(send, Status.OK, 100, 0);
        });
        assertThat(port.next()).isSameAs(send);
        ScriptedPort.settle(shard);
        assertThat(port.ran).as("the owner is not told yet").isEmpty();
        return release;
    }

    private boolean isBack() {
        long before = pool.allocatedBytes();
        LeasedBuffer taken = pool.lease(100);
        taken.release();
        return pool.allocatedBytes() == before;
    }

    @Test
    void shouldTellTheOwnerWhenTheKernelHasReadIt() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            BufferRelease release = lend(port);
            port.loop(0).inTurn(sink -> sink.returned(release));
            assertThat(port.next()).isSameAs(release);
            assertThat(isBack()).isTrue();
        }
    }

    @Test
    void shouldNotEndTheShardBefore() throws Exception {
        ScriptedPort port = new ScriptedPort(1, _ -> {});
        BufferRelease release = lend(port);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(port::close);
        await().atMost(ScriptedPort.DEADLINE).until(() -> port.core.state() == PortCore.State.CLOSING);
        await().during(Duration.ofMillis(50)).atMost(ScriptedPort.DEADLINE).until(() -> !closing.isDone());
        assertThat(port.loop(0).calls).doesNotContain("close");
        port.loop(0).inTurn(sink -> sink.returned(release));
        assertThat(port.next()).isSameAs(release);
        closing.join();
        assertThat(port.loop(0).calls).contains("close");
        assertThat(isBack()).isTrue();
    }

    @Test
    void shouldLeakTheShardRatherThanTheKernelsMemory() throws IOException, InterruptedException {
        ScriptedPort port = new ScriptedPort(1, false, Duration.ofMillis(50), _ -> {});
        lend(port);
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        assertThat(port.loop(0).calls).doesNotContain("close");
        assertThat(port.ran).isEmpty();
        assertThat(isBack()).as("the memory is nobody's").isFalse();
    }
}
