package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Handle;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.TestEngine;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** The packet that comes behind all others of a handle, and what goes with posts. */
class LastPacketContractTest {

    /** Writes down what comes, and asks for a last packet of each connection. */
    private static final class Ending implements CompletionHandler {
        final List<String> seen = new CopyOnWriteArrayList<>();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final boolean slow;

        Ending(boolean slow) {
            this.slow = slow;
        }

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            if (!(packet.handle() instanceof Connection)) {
                return;
            }
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            if (slow) {
                new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
            }
            running.decrementAndGet();
            seen.add(
                    "last".equals(packet.attachment())
                            ? "last " + packet.status() + " " + packet.key()
                            : packet.kind().name());
        }

        @Override
        public boolean blocks(OverlappedIO packet) {
            return slow;
        }

        @Override
        public void closed(Handle handle, Status reason) {
            if (handle instanceof Connection) {
                seen.add("closed");
            }
        }

        @Override
        public @Nullable OverlappedIO lastPacket(Handle handle) {
            return handle instanceof Connection ? new OverlappedIO("last") : null;
        }
    }

    @EachEngine
    @DisplayName("the last packet comes once, behind what was in flight")
    void shouldComeBehindWhatWasInFlight(TestEngine engine) throws Exception {
        Ending handler = new Ending(false);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(handler);
                Link link = fixture.link(port, "key")) {
            link.connection().receive(new OverlappedIO());
            link.connection().close();
            await().until(() -> handler.seen.contains("last HANDLE_CLOSED key"));
            assertThat(handler.seen.indexOf("RECEIVE")).isNotNegative();
            assertThat(handler.seen).last().isEqualTo("last HANDLE_CLOSED key");
            assertThat(handler.seen.stream().filter(s -> s.startsWith("last"))).hasSize(1);
        }
    }

    @EachEngine
    @DisplayName("the last packet waits for packets that run on spare workers")
    void shouldWaitForPacketsThatRunElsewhere(TestEngine engine) throws Exception {
        Ending handler = new Ending(true);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(handler);
                Link link = fixture.link(port, "key")) {
            for (int i = 0; i < 50; i++) {
                link.connection().post(new OverlappedIO(), i);
            }
            link.connection().close();
            await().until(() -> handler.seen.contains("last HANDLE_CLOSED key"));
            assertThat(handler.seen).last().isEqualTo("last HANDLE_CLOSED key");
            assertThat(handler.seen.stream().filter(OperationKind.POST.name()::equals))
                    .hasSize(50);
            assertThat(handler.most).hasValue(1);
        }
    }

    @EachEngine
    @DisplayName("the last packet comes also if the port closes the handle")
    void shouldComeWhenThePortClosesTheHandle(TestEngine engine) throws Exception {
        Ending handler = new Ending(false);
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().closeHandles(true), handler);
            try (Link link = fixture.link(port, "key")) {
                link.connection().receive(new OverlappedIO());
                port.close();
                assertThat(handler.seen.stream().filter(s -> s.startsWith("last")))
                        .hasSize(1);
                assertThat(handler.seen).last().asString().startsWith("last");
            }
        }
    }

    @EachEngine
    @DisplayName("what the listener gives goes with each post, and with nothing else")
    void shouldCarryWhatTheListenerGives(TestEngine engine) throws Exception {
        ThreadLocal<String> surroundings = new ThreadLocal<>();
        PortListener listener = new PortListener() {
            @Override
            public @Nullable Object posting(@Nullable Object key) {
                return surroundings.get() == null ? null : surroundings.get() + " " + key;
            }
        };
        List<String> seen = new CopyOnWriteArrayList<>();
        CompletionHandler handler = packet -> {
            if (packet.handle() == null || packet.handle() instanceof Connection) {
                seen.add(packet.kind() + " " + packet.attachment() + " " + packet.postContext());
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().listener(listener), handler);
                Link link = fixture.link(port, "key")) {
            surroundings.set("here");
            port.post("a", "post");
            link.connection().post(new OverlappedIO("handle"), 0);
            port.postDelayed(new OverlappedIO("delayed"), "b", java.time.Duration.ZERO, null);
            port.postDelayed(new OverlappedIO("bound"), null, java.time.Duration.ZERO, link.connection());
            OverlappedIO again = new OverlappedIO("again");
            link.connection().receive(new OverlappedIO("receive"));
            link.peerSends("x");
            await().until(() -> seen.size() == 5);
            port.post(again, "c", 0, Status.OK);
            await().until(() -> seen.size() == 6);
            surroundings.remove();
            port.post(again, "c", 0, Status.OK);
            await().until(() -> seen.size() == 7);
            assertThat(seen)
                    .containsExactlyInAnyOrder(
                            "POST post here a",
                            "POST handle here key",
                            "POST delayed here b",
                            "POST bound here key",
                            "RECEIVE receive null",
                            "POST again here c",
                            "POST again null");
        }
    }
}
