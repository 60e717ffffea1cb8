package io.iocp.engine.nio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.engine.RecordingSink;
import io.iocp.engine.RecordingSink.Completed;
import io.iocp.operation.Accept;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Receive;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only this engine can get wrong; the contract itself is {@link io.iocp.engine.EngineLoopTest}'s. */
@Timeout(60)
class NioLoopTest {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final NioEngine engine = new NioEngine();
    private final RecordingSink sink = new RecordingSink();
    private EngineLoop loop;
    private NioListener listener;
    private Socket peer;
    private NioSocket socket;

    @BeforeEach
    void connect() throws IOException {
        loop = engine.openLoop(new LoopOptions(256, 1024, 2), sink);
        listener = (NioListener)
                engine.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ListenOptions.defaults());
        peer = new Socket();
        peer.connect(listener.localAddress());
        Accept accept = new Accept(this);
        accept.begin(listener);
        loop.submit(accept);
        assertThat(next()).isEqualTo(new Completed(accept, Status.OK, 0, 0));
        socket = (NioSocket) Objects.requireNonNull(accept.accepted);
    }

    @AfterEach
    void close() throws IOException {
        Thread.interrupted(); // not for the next test
        peer.close();
        loop.closeDescriptor(socket);
        loop.shutdown(listener);
        loop.closeDescriptor(listener);
        loop.close();
    }

    private Completed next() {
        while (sink.completed.isEmpty()) {
            loop.turn(TimeUnit.MILLISECONDS.toNanos(20));
        }
        return sink.completed.remove();
    }

    private Receive receive() {
        Receive receive = new Receive(this);
        receive.begin(socket);
        loop.submit(receive);
        return receive;
    }

    @Test
    void shouldFreeTheDescriptorOfARegisteredChannelInTheNextTurn() {
        Receive receive = receive();
        assertThat(loop.turn(0)).isZero();
        SocketChannel channel = socket.channel();
        assertThat(channel.isRegistered()).isTrue();
        loop.cancel(receive);
        assertThat(next()).isEqualTo(new Completed(receive, Status.CANCELLED, 0, 0));
        loop.closeDescriptor(socket);
        loop.turn(0);
        assertThat(channel.isRegistered()).isFalse();
    }

    @Test
    void shouldNotSpinOverInputThatNobodyWants() throws IOException {
        Receive receive = receive();
        peer.getOutputStream().write(new byte[] {1, 2});
        assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 2, 0));
        peer.getOutputStream().write(3);
        assertThat(loop.turn(TimeUnit.MILLISECONDS.toNanos(50))).isZero();
        assertThat(socket.isWatching(socket.inputOp())).isFalse();
        assertThat(socket.inputReady).isTrue();
        receive = receive();
        assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
        assertThat(socket.isWatching(socket.inputOp())).isFalse();
    }

    @Test
    void shouldNotLetTheInterruptFlagCloseAChannel() throws IOException {
        Receive receive = receive();
        peer.getOutputStream().write(1);
        Thread.currentThread().interrupt();
        assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(socket.channel().isOpen()).isTrue();
    }

    @Test
    void shouldReportMemoryThatIsGoneAsAFault() {
        Arena arena = Arena.ofShared();
        Send send = new Send(this);
        send.one(arena.allocate(8));
        send.begin(socket);
        loop.submit(send);
        arena.close();
        assertThat(next()).isEqualTo(new Completed(send, Status.FAULT, 0, 0));
    }

    @Test
    void shouldNotPerformForASocketThatHasGoneToAnotherLoop() throws IOException {
        RecordingSink other = new RecordingSink();
        EngineLoop next = engine.openLoop(new LoopOptions(256, 1024, 2), other);
        List<LeasedBuffer> held = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Receive receive = receive();
            peer.getOutputStream().write(i);
            assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
            held.add(Objects.requireNonNull(receive.lease));
        }
        Receive waits = receive(); // for a buffer
        peer.getOutputStream().write(2);
        loop.turn(TimeUnit.MILLISECONDS.toNanos(50));
        loop.cancel(waits);
        assertThat(next()).isEqualTo(new Completed(waits, Status.CANCELLED, 0, 0));
        loop.detach(socket);

        Receive first = new Receive(this);
        first.begin(socket);
        next.submit(first);
        while (other.completed.isEmpty()) {
            next.turn(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(other.completed.remove()).isEqualTo(new Completed(first, Status.OK, 1, 0));
        Receive second = new Receive(this);
        second.begin(socket);
        next.submit(second);
        next.turn(0);
        peer.getOutputStream().write(3);
        held.forEach(loop::recycle);
        loop.turn(0);
        loop.turn(0);
        assertThat(sink.completed)
                .as("reports of the loop that has nothing of it")
                .isEmpty();
        while (other.completed.isEmpty()) {
            next.turn(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(other.completed.remove()).isEqualTo(new Completed(second, Status.OK, 1, 0));
        next.closeDescriptor(socket);
        next.close();
    }

    private static final int MANY = 100;

    /** As many sockets as one select finds ready and more than one turn performs, each with a byte and a receive for it. */
    private List<NioSocket> manyReady(List<Socket> peers) throws IOException {
        List<NioSocket> sockets = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Socket each = new Socket();
            each.connect(listener.localAddress());
            peers.add(each);
            Accept accept = new Accept(this);
            accept.begin(listener);
            loop.submit(accept);
            assertThat(next().status()).isEqualTo(Status.OK);
            sockets.add((NioSocket) Objects.requireNonNull(accept.accepted));
        }
        sockets.forEach(each -> receive(each, loop));
        loop.turn(0);
        for (Socket each : peers) {
            each.getOutputStream().write(1);
        }
        loop.turn(DEADLINE_NANOS);
        assertThat(sink.completed).as("performed in one turn").isNotEmpty().hasSizeLessThan(MANY);
        return sockets;
    }

    private Receive receive(NioSocket from, EngineLoop of) {
        Receive receive = new Receive(this);
        receive.memory = Arena.global().allocate(8);
        receive.begin(from);
        of.submit(receive);
        return receive;
    }

    private void close(List<Socket> peers, List<NioSocket> sockets) throws IOException {
        for (int i = 0; i < MANY; i++) {
            peers.get(i).close();
            loop.closeDescriptor(sockets.get(i));
        }
    }

    @Test
    void shouldReportAFewBeforeItPerformsTheNextThatAreReady() throws IOException {
        List<Socket> peers = new ArrayList<>();
        List<NioSocket> sockets = manyReady(peers);
        while (sink.completed.size() < MANY) {
            assertThat(loop.turn(DEADLINE_NANOS)).isPositive();
        }
        assertThat(sink.completed.stream().map(Completed::operation).map(each -> each.endpoint))
                .containsExactlyInAnyOrderElementsOf(sockets);
        assertThat(sink.completed).allMatch(each -> each.status() == Status.OK && each.bytes() == 1);
        close(peers, sockets);
    }

    @Test
    void shouldForgetThatASocketWasReadyWhenItGoesToAnotherLoopOrIsClosed() throws IOException {
        List<Socket> peers = new ArrayList<>();
        List<NioSocket> sockets = manyReady(peers);
        List<NioSocket> rest =
                sockets.stream().filter(each -> each.inputOperation != null).toList();
        rest.forEach(each -> loop.cancel(Objects.requireNonNull(each.inputOperation)));
        loop.turn(0);
        assertThat(sink.completed).as("before what is ready is performed").hasSize(MANY);
        sink.completed.clear();

        RecordingSink other = new RecordingSink();
        EngineLoop next = engine.openLoop(new LoopOptions(256, 1024, 2), other);
        NioSocket moves = rest.getFirst();
        assertThat(moves.readyOps).isNotZero();
        loop.detach(moves);
        assertThat(moves.readyOps).isZero();
        loop.closeDescriptor(rest.getLast());
        Receive first = receive(moves, next);
        while (other.completed.isEmpty()) {
            next.turn(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(other.completed.remove()).isEqualTo(new Completed(first, Status.OK, 1, 0));
        Receive second = receive(moves, next);
        next.turn(0);
        peers.get(sockets.indexOf(moves)).getOutputStream().write(2);
        for (int turn = 0; turn < MANY; turn++) {
            loop.turn(0);
        }
        assertThat(sink.completed).as("reports of the loop that has none of it").isEmpty();
        while (other.completed.isEmpty()) {
            next.turn(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(other.completed.remove()).isEqualTo(new Completed(second, Status.OK, 1, 0));
        next.closeDescriptor(moves);
        next.close();
        close(peers, sockets);
    }
}
