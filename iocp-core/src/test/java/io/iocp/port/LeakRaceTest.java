package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A port that gave up waiting for the kernel. */
@Timeout(60)
class LeakRaceTest {

    /** @return the operation that the engine still has, after the port's close */
    private WeakReference<Operation> leak() throws Exception {
        ScriptedPort port = new ScriptedPort(2, false, Duration.ofMillis(50), _ -> {});
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Shard shard = port.associate(endpoint);
        Receive receive = new Receive("packet");
        receive.begin(endpoint);
        shard.start(receive);
        ScriptedPort.awaitSubmitted(port.loop(0), receive);
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        assertThat(port.loop(0).calls).doesNotContain("close");
        assertThat(port.loop(1).calls).contains("close");
        return new WeakReference<>(receive);
    }

    @Test
    void shouldKeepWhatTheEngineHasOutOfReachOfTheGarbageCollector() throws Exception {
        WeakReference<Operation> leaked = leak();
        WeakReference<Object> garbage = new WeakReference<>(new Object());
        while (garbage.get() != null) {
            System.gc();
        }
        System.gc();
        assertThat(leaked.get()).isNotNull();
    }

    @Test
    void shouldDeliverWhatTheEngineDoesNotHave() throws Exception {
        ScriptedPort port = new ScriptedPort(1, false, Duration.ofMillis(50), _ -> {});
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Shard shard = port.associate(endpoint);
        Receive stuck = new Receive("stuck");
        stuck.begin(endpoint);
        shard.start(stuck);
        ScriptedPort.awaitSubmitted(port.loop(0), stuck);
        Receive behind = new Receive("behind");
        behind.begin(endpoint);
        shard.start(behind);
        ScriptedPort.settle(shard);
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        assertThat(port.next()).isSameAs(behind);
        assertThat(behind.status).isEqualTo(Status.PORT_CLOSED);
        assertThat(behind.isPending()).isFalse();
        assertThat(stuck.isPending()).as("the engine has it still").isTrue();
    }

    @Test
    void shouldDeliverWhatWaitedForAHandlerThatReturnsAfterTheEnd() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        ScriptedPort port = new ScriptedPort(1, true, Duration.ofMillis(50), operation -> {
            if (operation.packet().equals("first")) {
                entered.countDown();
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new AssertionError("nobody interrupts a test", e);
                }
            }
        });
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Shard shard = port.associate(endpoint);
        Receive first = new Receive("first");
        first.begin(endpoint);
        shard.start(first);
        ScriptedPort.awaitSubmitted(port.loop(0), first);
        port.loop(0).complete(first, Status.OK, 1);
        entered.await();
        Receive second = new Receive("second");
        second.begin(endpoint);
        shard.start(second);
        ScriptedPort.awaitSubmitted(port.loop(0), second);
        port.loop(0).complete(second, Status.OK, 1);
        ScriptedPort.settle(shard);
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        assertThat(port.ran).isEmpty();
        gate.countDown();
        assertThat(List.of(port.next(), port.next())).containsExactly(first, second);
        assertThat(second.isPending()).isFalse();
    }
}
