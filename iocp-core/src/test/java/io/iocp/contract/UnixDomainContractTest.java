package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.Needs;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.net.BindException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/** Listeners and connections at a path of the file system. */
class UnixDomainContractTest {
    @TempDir
    private Path directory;

    private UnixDomainSocketAddress path(String name) {
        return UnixDomainSocketAddress.of(directory.resolve(name));
    }

    @EachEngine
    @DisplayName("bytes go both ways, the end of the stream too, and nobody's address is null")
    void shouldTalkThroughAPath(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            UnixDomainSocketAddress address = path("talk.sock");
            Listener listener = port.listen(address, ListenOptions.defaults(), "listener");
            assertThat(listener.localAddress()).isEqualTo(address);
            listener.accept(new OverlappedIO());

            Peer peer = fixture.connect(address);
            Packets.Packet accept = packets.next();
            assertThat(accept.status()).isEqualTo(Status.OK);
            Connection connection = accept.io().accepted();
            port.associate(connection, "connection");
            assertThat(connection.localAddress()).isEqualTo(address);
            assertThat(connection.remoteAddress()).isEqualTo(UnixDomainSocketAddress.of(""));

            connection.receiveContinuously(new OverlappedIO());
            peer.output().write("question".getBytes(StandardCharsets.US_ASCII));
            assertThat(packets.next().text()).isEqualTo("question");
            connection.send(new OverlappedIO(), ByteBuffer.wrap("answer".getBytes(StandardCharsets.US_ASCII)));
            assertThat(packets.next().kind()).isEqualTo(OperationKind.SEND);
            assertThat(new String(peer.input().readNBytes(6), StandardCharsets.US_ASCII))
                    .isEqualTo("answer");

            peer.shutdownOutput();
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
            connection.closeAndAwait();
            assertThat(peer.input().read()).isEqualTo(-1);
        }
    }

    @EachEngine(sockets = true)
    @DisplayName(
            "the file stays when the listener is closed, a second bind names it, and after its deletion all is well")
    void shouldLeaveTheFileToWhoeverChoseThePath(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            UnixDomainSocketAddress address = path("again.sock");
            Listener first = port.listen(address, ListenOptions.defaults(), "first");
            assertThatThrownBy(() -> port.openListener(address, ListenOptions.defaults()))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("again.sock")
                    .hasMessageContaining("delete it");
            first.closeAndAwait();
            assertThat(Files.exists(address.getPath())).isTrue();
            assertThatThrownBy(() -> port.openListener(address, ListenOptions.defaults()))
                    .isInstanceOf(BindException.class);
            Files.delete(address.getPath());
            port.openListener(address, ListenOptions.defaults()).close();
            assertThatThrownBy(() -> port.openListener(path("no/such/directory"), ListenOptions.defaults()))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("no/such/directory");
        }
    }

    @EachEngine
    @DisplayName("a path of 106 bytes is the longest; longer, empty and unknown addresses throw and say so")
    void shouldNameTheBoundOfAPath(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            assertThatThrownBy(() -> port.openListener(path("x".repeat(107)), ListenOptions.defaults()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("to 106 bytes");
            assertThatThrownBy(() -> port.openListener(UnixDomainSocketAddress.of(""), ListenOptions.defaults()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("from 1 to 106");
            SocketAddress unknown = new SocketAddress() {};
            assertThatThrownBy(() -> port.openListener(unknown, ListenOptions.defaults()))
                    .isInstanceOf(UnsupportedAddressTypeException.class);
            int room = 106 - directory.resolve("x").toString().length() + 1;
            UnixDomainSocketAddress longest = path("x".repeat(room));
            assertThat(longest.toString()).hasSize(106);
            Listener listener = port.listen(longest, ListenOptions.defaults(), "longest");
            assertThat(listener.localAddress()).isEqualTo(longest);
            listener.accept(new OverlappedIO());
            fixture.connect(longest);
            assertThat(port.poll(PortFixture.DEADLINE).status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine(sockets = true)
    @Needs("nc")
    @DisplayName("another program's client is served")
    void shouldServeAnotherProgram(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            UnixDomainSocketAddress address = path("nc.sock");
            port.listen(address, ListenOptions.defaults(), "listener").accept(new OverlappedIO());
            Process nc = new ProcessBuilder("nc", "-N", "-U", address.toString())
                    .redirectErrorStream(true)
                    .start();
            try {
                nc.outputWriter(StandardCharsets.US_ASCII).append("hello").close();
                Connection connection = port.poll(PortFixture.DEADLINE).accepted();
                port.associate(connection, "connection");
                connection.receive(new OverlappedIO());
                OverlappedIO received = port.poll(PortFixture.DEADLINE);
                assertThat(StandardCharsets.US_ASCII.decode(received.data()).toString())
                        .isEqualTo("hello");
                connection.send(received, ByteBuffer.wrap("bye".getBytes(StandardCharsets.US_ASCII)));
                assertThat(port.poll(PortFixture.DEADLINE).status()).isEqualTo(Status.OK);
                connection.closeAndAwait();
                assertThat(nc.inputReader(StandardCharsets.US_ASCII).readLine()).isEqualTo("bye");
                assertThat(nc.waitFor(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            } finally {
                nc.destroyForcibly();
            }
        }
    }
}
