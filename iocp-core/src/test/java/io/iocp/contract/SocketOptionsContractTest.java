package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.Needs;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.linux.Libc;
import io.iocp.operation.KeepAlive;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.SocketOptions;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** What is set on sockets: read back from the kernel where there is one. */
class SocketOptionsContractTest {
    private static final KeepAlive KEEP_ALIVE = new KeepAlive(Duration.ofSeconds(77), Duration.ofSeconds(13), 4);

    private static ListenOptions with(SocketOptions socket) {
        return ListenOptions.defaults().withSocket(socket);
    }

    @EachEngine(sockets = true)
    @DisplayName("an accepted socket has every option that its listener was opened with")
    void shouldSetOptionsOnAcceptedSockets(TestEngine engine) throws Exception {
        SocketOptions options = SocketOptions.defaults()
                .withKeepAlive(KEEP_ALIVE)
                .withReceiveBuffer(60_000)
                .withSendBuffer(30_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Connection connection = fixture.link(port, "key", with(options)).connection();
            KernelSocket socket = KernelSocket.of("tcp", connection.localAddress(), connection.remoteAddress());
            socket.has(Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
            socket.has(Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
            socket.has(Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, 77);
            socket.has(Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, 13);
            socket.has(Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, 4);
            socket.has(Libc.SOL_SOCKET, Libc.SO_RCVBUF, 120_000); // the kernel doubles it
            socket.has(Libc.SOL_SOCKET, Libc.SO_SNDBUF, 60_000);
        }
    }

    @EachEngine(sockets = true)
    @DisplayName("what is not asked for is not set")
    void shouldLeaveTheRestToTheKernel(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Connection connection = fixture.link(
                            port, "key", with(SocketOptions.defaults().withNoDelay(false)))
                    .connection();
            KernelSocket socket = KernelSocket.of("tcp", connection.localAddress(), connection.remoteAddress());
            socket.has(Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 0);
            socket.has(Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 0);
        }
    }

    @EachEngine(sockets = true)
    @Needs("ss")
    @DisplayName("the listener has its backlog, its receive buffer and the address for itself")
    void shouldSetOptionsOnTheListener(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = port.openListener(
                    PortFixture.anyPort(),
                    with(SocketOptions.defaults().withReceiveBuffer(50_000)).withBacklog(37));
            KernelSocket socket = KernelSocket.of("tcp", listener.localAddress(), null);
            socket.has(Libc.SOL_SOCKET, Libc.SO_RCVBUF, 100_000);
            socket.has(Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            socket.has(Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 0);
            int number = ((InetSocketAddress) listener.localAddress()).getPort();
            Process ss = new ProcessBuilder("ss", "-Htln", "sport", "=", ":" + number).start();
            assertThat(ss.inputReader().readLine().trim().split("\\s+", -1)[2])
                    .as("the backlog")
                    .isEqualTo("37");
            listener.close();
        }
    }

    @EachEngine
    @DisplayName("a connection that is reset on close does not end in good order, and leaves what was sent unread")
    void shouldResetOnClose(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key", with(SocketOptions.defaults().withResetOnClose(true)));
            link.connection().receive(new OverlappedIO());
            link.connection().close();
            assertThat(port.poll(PortFixture.DEADLINE).status()).isEqualTo(Status.HANDLE_CLOSED);
            assertThatThrownBy(() -> link.peer().input().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
    }

    @EachEngine
    @DisplayName("listeners that share a port all get connections; one that does not share is refused")
    void shouldShareAPort(TestEngine engine) throws Exception {
        ListenOptions shared = with(SocketOptions.defaults().withReusePort(true));
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener first = port.listen(PortFixture.anyPort(), shared, "first");
            SocketAddress address = first.localAddress();
            Listener second = port.listen(address, shared, "second");
            assertThat(second.localAddress()).isEqualTo(address);
            assertThatThrownBy(() -> port.openListener(address, ListenOptions.defaults()))
                    .isInstanceOf(BindException.class);
            first.accept(new OverlappedIO());
            second.accept(new OverlappedIO());
            // The kernel spreads by a hash of the addresses: each of them goes to either with the same chance.
            for (int i = 0; i < 64; i++) {
                fixture.connect(address);
            }
            List<Object> keys = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                OverlappedIO packet = port.poll(PortFixture.DEADLINE);
                assertThat(packet).as("both accept").isNotNull();
                packet.accepted().close();
                keys.add(packet.key());
            }
            assertThat(keys).containsExactlyInAnyOrder("first", "second");
            first.close();
            second.close();
        }
    }

    @EachEngine
    @DisplayName("the IPv6 wildcard alone takes no IPv4; an engine that cannot say so refuses")
    void shouldListenOnIpv6Alone(TestEngine engine) throws Exception {
        ListenOptions alone = with(SocketOptions.defaults().withIpv6Only(true));
        InetSocketAddress everywhere = new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 0);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            if (engine == TestEngine.NIO) {
                assertThatThrownBy(() -> port.openListener(everywhere, alone))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("io_uring");
                return;
            }
            Listener listener = port.listen(everywhere, alone, "listener");
            listener.accept(new OverlappedIO());
            int number = ((InetSocketAddress) listener.localAddress()).getPort();
            assertThatThrownBy(() -> fixture.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), number)))
                    .isInstanceOf(IOException.class);
            fixture.connect(new InetSocketAddress(InetAddress.ofLiteral("::1"), number));
            assertThat(port.poll(PortFixture.DEADLINE).status()).isEqualTo(Status.OK);
        }
    }
}
