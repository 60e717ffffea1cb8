package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.Accept;
import io.iocp.operation.Disconnect;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Connection;
import io.iocp.operation.Endpoint.Lifecycle;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operations that are made of several, and connections that are used again, against what comes in between. */
@Timeout(60)
class PartsRaceTest {
    private final Endpoint listener = new ScriptedEngine.Peerless(Endpoint.Kind.LISTENER);
    private final Endpoint connection = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);

    private Disconnect recycle() {
        Disconnect recycle = new Disconnect("recycle");
        recycle.mode = DisconnectMode.RECYCLE;
        connection.move(Connection.CONNECTED, Connection.LEAVING);
        recycle.begin(connection);
        return recycle;
    }

    private Accept withData(Shard shard) {
        Accept accept = new Accept("accept");
        accept.begin(listener);
        accept.firstData = new Receive("accept");
        accept.firstData.intoEngineBuffer();
        shard.start(accept);
        return accept;
    }

    /** It has a connection, and waits for the first bytes. */
    private static Receive connected(ScriptedEngine.Loop loop, Accept accept) {
        Receive first = accept.firstData;
        if (first == null) {
            throw new AssertionError("waits for no bytes");
        }
        loop.inTurn(sink -> {
            accept.accepted = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            sink.completed(accept, Status.OK, 0, 0);
        });
        return first;
    }

    @Test
    void shouldEndAnAcceptWhoseTargetWasClosedBeforeItWasStarted() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(listener);
            port.associate(connection);
            connection.move(Connection.CONNECTED, Connection.NONE);
            Accept accept = new Accept("accept");
            accept.begin(listener);
            accept.target = connection;
            assertThat(connection.claim(accept)).isTrue();
            // The caller has seen the target open. Now it is closed, by somebody who finds an accept that is not
            // started.
            connection.move(Lifecycle.OPEN, Lifecycle.CLOSING);
            assertThat(accept.requestCancelOfClaim(connection)).isFalse();
            shard.close(connection, Status.HANDLE_CLOSED);
            shard.start(accept);
            assertThat(port.next()).isSameAs(accept);
            assertThat(accept.status).isEqualTo(Status.ABORTED);
        }
    }

    @Test
    void shouldDeliverARecycleThatTheEngineDoesNotHaveThoughTheShardIsLeaked() throws Exception {
        ScriptedPort port = new ScriptedPort(1, false, Duration.ofMillis(50), _ -> {});
        Shard shard = port.associate(connection);
        Receive stuck = new Receive("stuck");
        stuck.begin(connection);
        shard.start(stuck);
        ScriptedPort.awaitSubmitted(port.loop(0), stuck);
        Disconnect recycle = recycle();
        shard.start(recycle);
        ScriptedPort.settle(shard);
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        assertThat(port.next()).isSameAs(recycle);
        assertThat(recycle.status).isEqualTo(Status.PORT_CLOSED);
        assertThat(port.ran).isEmpty();
    }

    @Test
    void shouldNotAttemptAReceiveBesideADrain() throws Exception {
        AtomicReference<Shard> shard = new AtomicReference<>();
        AtomicReference<StartResult> result = new AtomicReference<>();
        Receive receive = new Receive("receive");
        Post go = new Post("post");
        go.begin(connection);
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation == go) {
                receive.begin(connection);
                receive.maySkipPacket = true;
                result.set(shard.get().start(receive));
            }
        })) {
            shard.set(port.associate(connection));
            ScriptedEngine.Loop loop = port.loop(0);
            Disconnect recycle = recycle();
            shard.get().start(recycle);
            await().atMost(ScriptedPort.DEADLINE).until(() -> recycle.drain != null && loop.submitted.size() == 1);
            Operation drain = loop.submitted.element();
            loop.attempts.add(_ -> Status.OK);
            shard.get().start(go);
            assertThat(port.next()).isSameAs(go);
            assertThat(result.get()).isEqualTo(StartResult.PENDING);
            assertThat(loop.calls).doesNotContain("attempt");
            loop.complete(drain, Status.EOF, 0);
            assertThat(port.next()).isSameAs(recycle);
            assertThat(port.next()).isSameAs(receive);
            assertThat(receive.status).isEqualTo(Status.ABORTED);
        }
    }

    @Test
    void shouldIgnoreAShutdownThatComesBehindARecycle() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(connection);
            ScriptedEngine.Loop loop = port.loop(0);
            shard.start(recycle());
            await().atMost(ScriptedPort.DEADLINE).until(() -> loop.submitted.size() == 1);
            loop.complete(loop.submitted.element(), Status.EOF, 0);
            port.next();
            loop.calls.clear();
            shard.shutdownOutput(connection);
            ScriptedPort.settle(shard);
            assertThat(loop.calls).doesNotContain("shutdownOutput");
            assertThat(connection.output.latched()).isNull();
        }
    }

    @Test
    void shouldSayWhyTheFirstBytesCouldNotBeReceived() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            Shard shard = port.associate(listener);
            Accept accept = withData(shard);
            ScriptedPort.awaitSubmitted(port.loop(0), accept);
            Receive first = connected(port.loop(0), accept);
            ScriptedPort.awaitSubmitted(port.loop(0), first);
            port.loop(0).complete(first, Status.RESOURCE_LIMIT, 0);
            assertThat(port.next()).isSameAs(accept);
            assertThat(accept.status).isEqualTo(Status.RESOURCE_LIMIT);
            assertThat(accept.accepted).isNull();
        }
    }

    @Test
    void shouldNotEndAContinuousAcceptForOneThatGoesOnAfterAReset() throws Exception {
        CountDownLatch nothing = new CountDownLatch(1);
        try (ScriptedPort port = new ScriptedPort(1, _ -> nothing.countDown())) {
            Shard shard = port.associate(listener);
            ScriptedEngine.Loop loop = port.loop(0);
            Accept accept = withData(shard);
            ScriptedPort.awaitSubmitted(loop, accept);
            Receive first = connected(loop, accept);
            ScriptedPort.awaitSubmitted(loop, first);
            Accept continuous = new Accept("continuous");
            continuous.begin(listener);
            continuous.continuous = true;
            shard.start(continuous);
            ScriptedPort.awaitSubmitted(loop, continuous);
            loop.complete(first, Status.RESET, 0);
            ScriptedPort.settle(shard);
            assertThat(loop.calls).doesNotContain("cancel");
            continuous.requestCancel();
            shard.cancel(continuous, listener);
            ScriptedPort.settle(shard);
            loop.complete(continuous, Status.CANCELLED, 0);
            assertThat(port.next()).isSameAs(continuous);
            ScriptedPort.awaitSubmitted(loop, accept, 2);
            accept.requestCancel();
            shard.cancel(accept, listener);
            ScriptedPort.settle(shard);
            loop.complete(accept, Status.CANCELLED, 0);
            assertThat(port.next()).isSameAs(accept);
        }
    }
}
