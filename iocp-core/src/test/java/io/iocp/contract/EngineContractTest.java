package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.Needs;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which engine a port gets, and how an engine behaves when the machine is short of something. */
class EngineContractTest {

    @EachEngine
    @DisplayName("a port says which engine it has and why")
    void shouldSayWhichEngineItHas(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            assertThat(port.engine().engine()).isEqualTo(engine.name().toLowerCase(Locale.ROOT));
            assertThat(port.engine().capabilities().name())
                    .isEqualTo(port.engine().engine());
            assertThat(port.engine().reason()).isNotBlank();
            assertThat(port.engine().fallback()).isFalse();
            assertThat(port.engine().cause()).isNull();
            assertThat(port.engine().remedy()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"EPERM", "ENOSYS"})
    @Needs("strace")
    @DisplayName("119: where io_uring is denied the port runs on nio, and says why and what helps")
    void shouldFallBackToNioWhereIoUringIsDenied(String errno) throws Exception {
        try (ChildJvm child = new ChildJvm(denied(errno), EchoOnAnyEngine.class, "AUTO")) {
            assertThat(child.awaitLine("engine")).isEqualTo("nio");
            assertThat(child.awaitLine("fallback")).isEqualTo("true");
            assertThat(child.awaitLine("reason")).contains("io_uring").contains(errno);
            assertThat(child.awaitLine("cause")).contains(errno).isNotEqualTo("null");
            assertThat(child.awaitLine("remedy")).isNotBlank().isNotEqualTo("null");
            assertThat(child.awaitLine("echo")).isEqualTo("hello");
            child.awaitEnd();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"EPERM", "ENOSYS"})
    @Needs("strace")
    @DisplayName("119: where io_uring is denied and required, opening the port fails and says why and what helps")
    void shouldRefuseToOpenWhereIoUringIsDeniedAndRequired(String errno) throws Exception {
        try (ChildJvm child = new ChildJvm(denied(errno), EchoOnAnyEngine.class, "IO_URING")) {
            assertThat(child.awaitLine("refused"))
                    .contains("io_uring")
                    .contains(errno)
                    .contains("remedy");
            child.awaitEnd();
        }
    }

    private static List<String> denied(String errno) {
        return List.of(
                "strace",
                "-f",
                "--seccomp-bpf",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                "trace=io_uring_setup",
                "-e",
                "inject=io_uring_setup:error=" + errno);
    }

    @EachEngine(sockets = true)
    @DisplayName("80: without descriptors accepting waits, and goes on when there are some; no connection is lost")
    void shouldGoOnAcceptingWhenThereAreDescriptorsAgain(TestEngine engine) throws Exception {
        for (boolean continuous : new boolean[] {true, false}) {
            List<String> limited = List.of("sh", "-c", "ulimit -n 160; exec \"$@\"", "sh");
            List<Socket> clients = new ArrayList<>();
            try (ChildJvm child =
                    new ChildJvm(limited, AcceptWithoutDescriptors.class, engine.name(), String.valueOf(continuous))) {
                int port = Integer.parseInt(child.awaitLine("port"));
                clients.add(connectAndSend(port));
                expectEcho(clients.getFirst());
                child.say("fill");
                child.awaitLine("full");
                for (int i = 0; i < 10; i++) {
                    clients.add(connectAndSend(port));
                }
                child.awaitLine("deferred");
                // Who is in already is served all the while.
                clients.getFirst()
                        .getOutputStream()
                        .write("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                expectEcho(clients.getFirst());
                child.say("free");
                child.awaitLine("freed");
                for (Socket client : clients.subList(1, clients.size())) {
                    expectEcho(client);
                }
                child.say("end");
                child.awaitLine("closed");
                child.awaitEnd();
            } finally {
                for (Socket client : clients) {
                    client.close();
                }
            }
        }
    }

    private static Socket connectAndSend(int port) throws Exception {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
        client.setSoTimeout(20_000);
        client.getOutputStream().write("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return client;
    }

    private static void expectEcho(Socket client) throws Exception {
        assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
    }

    @EachEngine
    @DisplayName("123: a listener that throws in the middle of the library ends nothing")
    void shouldGoOnWhenThePortsListenerThrows(TestEngine engine) throws Exception {
        PortListener faulty = new PortListener() {
            @Override
            public void handled(
                    CompletionHandler handler,
                    OperationKind kind,
                    Status status,
                    @Nullable Object key,
                    long waitNanos,
                    long handlerNanos) {
                throw new AssertionError("on purpose");
            }

            @Override
            public void connectionClosed(@Nullable Object key, Status reason) {
                throw new StackOverflowError("on purpose");
            }

            @Override
            public void handlerFailed(
                    CompletionHandler handler, OperationKind kind, @Nullable Object key, Throwable failure) {
                throw new LinkageError("on purpose");
            }

            @Override
            public void posted(@Nullable Object key) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void closing() {
                throw new IllegalStateException("on purpose");
            }
        };
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().listener(faulty), packet -> {
                packets.completed(packet);
                throw new IllegalStateException("on purpose");
            });
            for (int i = 0; i < 20; i++) {
                port.post(i, null);
                assertThat(packets.next().key()).isEqualTo(i);
                Link link = fixture.link(port, i);
                link.connection().receive(new OverlappedIO());
                link.peerSends("x");
                Packet packet = packets.next();
                assertThat(packet.text()).isEqualTo("x");
                link.connection().receive(new OverlappedIO());
                link.connection().close();
                link.peerSeesEnd();
                assertThat(packets.next().status()).isEqualTo(Status.HANDLE_CLOSED);
            }
            fixture.end(port);
            assertThat(port.stats().connectionsClosed()).isEqualTo(20);
        }
    }

    @EachEngine
    @DisplayName(
            "without a handler of the port each handle's own runs; what nobody claims is told, and its connection closed")
    void shouldCloseTheConnectionOfAPacketThatNobodyClaims(TestEngine engine) throws Exception {
        BlockingQueue<String> unclaimed = new LinkedBlockingQueue<>();
        PortListener listener = new PortListener() {
            @Override
            public void unclaimed(OperationKind kind, @Nullable Object key) {
                unclaimed.add(kind + " " + key);
            }
        };
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port =
                    fixture.openWithHandlersOfHandles(fixture.options().listener(listener));
            Packets claimed = new Packets();
            Link own = fixture.link(port, "own", claimed);
            own.connection().receive(new OverlappedIO("mine"));
            own.peerSends("x");
            await().atMost(PortFixture.DEADLINE)
                    .until(() -> claimed.all().stream().anyMatch(p -> "mine".equals(p.attachment())));
            assertThat(own.connection().isOpen()).isTrue();
            Link nobodys = fixture.link(port, "nobody's");
            nobodys.connection().receive(new OverlappedIO());
            nobodys.peerSends("y");
            assertThat(unclaimed.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo("RECEIVE nobody's");
            await().atMost(PortFixture.DEADLINE)
                    .until(() -> nobodys.connection().isClosed());
        }
    }
}
