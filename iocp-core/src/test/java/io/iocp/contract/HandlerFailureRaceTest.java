package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.TestEngine;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;

/** What user code does wrong must stay its own affair. */
@Timeout(60)
class HandlerFailureRaceTest {

    @EachEngine
    void shouldLeaveTheBufferToTheWorkerWhenAHandlerReleasesItsPacket(TestEngine engine) throws Exception {
        BlockingQueue<Long> lengths = new LinkedBlockingQueue<>();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packet -> {});
            Link link = fixture.link(port, "key", packet -> {
                packet.release();
                lengths.add((long) packet.data().remaining());
                if (packet.status() == Status.OK) {
                    packet.connection().receive(packet);
                }
            });
            link.connection().receive(new OverlappedIO());
            for (int i = 1; i <= 3; i++) {
                link.peerSends("x".repeat(i));
                assertThat(lengths.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                        .isEqualTo(i);
            }
            link.close();
        }
    }

    @EachEngine
    void shouldOutliveAListenerThatThrowsAnError(TestEngine engine) throws Exception {
        BlockingQueue<OverlappedIO> packets = new LinkedBlockingQueue<>();
        PortListener listener = new PortListener() {
            @Override
            public void handled(
                    CompletionHandler handler,
                    OperationKind kind,
                    Status status,
                    @Nullable Object key,
                    long waitNanos,
                    long handlerNanos) {
                throw new AssertionError("a listener's own");
            }

            @Override
            public void connectionClosed(@Nullable Object key, Status reason) {
                throw new AssertionError("a listener's own");
            }
        };
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().listener(listener), packets::add);
            for (int i = 0; i < 2; i++) {
                port.post("key", i);
                OverlappedIO packet = packets.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
                assertThat(packet).isNotNull();
                assertThat(packet.attachment()).isEqualTo(i);
            }
            fixture.link(port, "key", packet -> {});
            fixture.link(port, "key", packet -> {});
        }
    }
}
