package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.AcceptRequest;
import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Handles that are connected, accepted into, used, disconnected and closed at random, by two threads at once. */
class SecondLifeContractTest {
    private static final int HANDLES = 6;
    private static final int ROUNDS = 12;
    private static final int STEPS = 60;

    /** What was started, and how many last packets of it have come. */
    private final Map<OverlappedIO, Integer> packets = new ConcurrentHashMap<>();

    private void completed(OverlappedIO packet) {
        if (packet.attachment() == null || packet.more()) {
            return;
        }
        if (packet.kind() == OperationKind.ACCEPT && packet.status() == Status.OK) {
            Connection accepted = packet.accepted();
            if (accepted.key() == null) {
                accepted.close();
            }
        }
        packets.merge(packet, 1, Integer::sum);
    }

    /** Takes what comes, and ends its stream when the peer does. */
    private static void serve(CompletionPort port, OverlappedIO packet) throws ClosedChannelException {
        if (packet.kind() == OperationKind.ACCEPT) {
            if (packet.more()) {
                Connection accepted = packet.accepted();
                port.associate(accepted, "far", next -> {
                    if (!next.more()) {
                        ((Connection) next.handle()).close();
                    }
                });
                accepted.receiveContinuously(new OverlappedIO());
            }
        }
    }

    /** One thread's part of a round. */
    private final class Actor implements Callable<Void> {
        private final SplittableRandom random;
        private final CompletionPort port;
        private final Listener serving;
        private final Listener accepting;
        private final List<Connection> handles;
        private final List<OverlappedIO> mine = new ArrayList<>();

        Actor(long seed, CompletionPort port, Listener serving, Listener accepting, List<Connection> handles) {
            this.random = new SplittableRandom(seed);
            this.port = port;
            this.serving = serving;
            this.accepting = accepting;
            this.handles = handles;
        }

        @Override
        public Void call() {
            for (int i = 0; i < STEPS; i++) {
                Connection handle = handles.get(random.nextInt(HANDLES));
                OverlappedIO packet = new OverlappedIO("random");
                if (random.nextInt(4) == 0) {
                    packet.timeout(Duration.ofMillis(1 + random.nextInt(5)));
                }
                packets.put(packet, 0);
                try {
                    if (start(handle, packet) == null) {
                        packets.remove(packet);
                    } else {
                        mine.add(packet);
                    }
                } catch (IllegalStateException | IllegalArgumentException | ClosedChannelException refused) {
                    packets.remove(packet);
                }
                if (!mine.isEmpty() && random.nextInt(6) == 0) {
                    mine.get(random.nextInt(mine.size())).cancel();
                }
            }
            return null;
        }

        private @Nullable StartResult start(Connection handle, OverlappedIO packet) throws ClosedChannelException {
            ConnectRequest there = ConnectRequest.to(serving.localAddress());
            return switch (random.nextInt(14)) {
                case 0, 1 -> handle.connect(packet, there);
                case 2 -> handle.connect(packet, there.with(zeros(100_000)));
                case 3 -> accepting.accept(packet, handle);
                case 4 ->
                    accepting.acceptWithData(
                            packet,
                            new AcceptRequest(
                                    null, Duration.ofMillis(random.nextInt(1, 5)), random.nextBoolean(), handle));
                case 5, 6 ->
                    client().connect(
                                    packet,
                                    ConnectRequest.to(accepting.localAddress()).with(zeros(3)));
                case 7 -> handle.receive(packet);
                case 8 -> handle.send(packet, zeros(1_000_000));
                case 9 -> handle.disconnect(packet, DisconnectMode.GRACEFUL);
                case 10, 11 -> handle.disconnect(packet, DisconnectMode.RECYCLE);
                case 12 -> rarely(handle, packet);
                default -> handle.receiveContinuously(packet);
            };
        }

        private MemorySegment zeros(int bound) {
            return MemorySegment.ofArray(new byte[random.nextInt(bound)]);
        }

        private @Nullable StartResult rarely(Connection handle, OverlappedIO packet) throws ClosedChannelException {
            switch (random.nextInt(6)) {
                case 0 -> handle.shutdownOutput();
                case 1 -> handle.close();
                case 2 -> handle.pauseReceiving();
                case 3 -> {
                    return handle.disconnect(packet, DisconnectMode.ABORT);
                }
                default -> handle.cancelAll();
            }
            return null;
        }

        private Connection client() {
            Connection client = port.openConnection(ConnectionOptions.defaults());
            port.associate(client, "client");
            clients.add(client);
            return client;
        }
    }

    private final List<Connection> clients = Collections.synchronizedList(new ArrayList<>());

    @EachEngine
    @DisplayName("whatever is started has one packet, and a handle that is not connected can be connected")
    void shouldEndEverythingOnceAndLeaveHandlesUsable(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), this::completed);
                var threads = Executors.newFixedThreadPool(2)) {
            Listener serving = port.openListener(PortFixture.anyPort(), ListenOptions.defaults());
            port.associate(serving, "serving", packet -> serve(port, packet));
            serving.acceptContinuously(new OverlappedIO());
            Listener accepting = fixture.listen(port, "accepting");
            List<Connection> handles = Collections.synchronizedList(new ArrayList<>());
            for (int round = 0; round < ROUNDS; round++) {
                handles.removeIf(handle -> !handle.isOpen());
                while (handles.size() < HANDLES) {
                    Connection handle = port.openConnection(ConnectionOptions.defaults());
                    port.associate(handle, "handle");
                    handles.add(handle);
                }
                List<Future<Void>> running = threads.invokeAll(List.of(
                        new Actor(2L * round, port, serving, accepting, handles),
                        new Actor(2L * round + 1, port, serving, accepting, handles)));
                for (Future<Void> one : running) {
                    one.get();
                }
                clients.forEach(Connection::close);
                clients.clear();
                accepting.cancelAll();
                handles.forEach(Connection::cancelAll);
                await().atMost(PortFixture.DEADLINE)
                        .untilAsserted(() -> assertThat(packets.entrySet())
                                .allMatch(entry -> entry.getValue() == 1, "has had its one last packet"));
                packets.clear();
                for (Connection handle : handles) {
                    if (handle.isOpen() && !handle.isConnected()) {
                        OverlappedIO connect = new OverlappedIO().deliverToFuture(true);
                        handle.connect(connect, ConnectRequest.to(serving.localAddress()));
                        assertThat(connect.future().get(20, TimeUnit.SECONDS).status())
                                .isEqualTo(Status.OK);
                        assertThat(handle.isConnected()).isTrue();
                    }
                }
            }
        }
    }
}
