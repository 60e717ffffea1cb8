package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TestCertificates;
import io.iocp.TlsOptions;
import io.iocp.TransmitElement;
import io.iocp.TransmitPacketsRequest;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Timeout;

/** Secure connections where one thing meets another. */
@Timeout(120)
class TlsCornerContractTest {
    private static MemorySegment bytes(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @EachEngine
    void shouldNotConnectWithFirstBytesThatWouldGoInPlainText(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(new Packets());
            Connection plain = port.openConnection(ConnectionOptions.defaults());
            port.associate(plain, null);
            SecureConnection secure = plain.secure(TlsOptions.client(TestCertificates.client(), "localhost", 443));
            OverlappedIO packet = new OverlappedIO();
            ConnectRequest request = ConnectRequest.to(PortFixture.anyPort()).with(bytes("password"));
            assertThatThrownBy(() -> secure.connect(packet, request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("handshake()");
            assertThat(packet.isPending()).isFalse();
            plain.close();
        }
    }

    @EachEngine
    void shouldReceiveAsManyBytesAsItsPeerSendsBehindItsOwnEnd(EngineChoice engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                Link link = fixture.link(fixture.open(packets), null)) {
            SecureConnection secure = link.connection().secure(TlsOptions.server(TestCertificates.server()));
            secure.handshake(new OverlappedIO());
            TlsPeer peer =
                    TlsPeer.client(link.peer(), TestCertificates.client()).handshake();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            secure.disconnect(new OverlappedIO(), DisconnectMode.GRACEFUL);
            assertThat(packets.next().kind()).isEqualTo(OperationKind.DISCONNECT);
            peer.seesEnd();
            peer.send("late");
            peer.finish();
            secure.receive(new OverlappedIO());
            Packet late = packets.next();
            assertThat(late.text()).isEqualTo("late");
            secure.receive(new OverlappedIO());
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    void shouldTellALaterSendWhyATransmitFailed(EngineChoice engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                Link link = fixture.link(fixture.open(packets), null)) {
            SSLEngine[] made = new SSLEngine[1];
            SecureConnection secure = link.connection().secure(TlsOptions.server((options, name) -> {
                SSLEngine fresh = TestCertificates.server().createSSLEngine();
                options.apply(fresh);
                made[0] = fresh;
                return fresh;
            }));
            secure.handshake(new OverlappedIO());
            TlsPeer.client(link.peer(), TestCertificates.client()).handshake();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            made[0].closeOutbound(); // it will take no more, and nobody knows
            secure.transmitPackets(
                    new OverlappedIO(),
                    TransmitPacketsRequest.of(List.of(new TransmitElement.Memory(bytes("never"), false))));
            Packet transmit = packets.next();
            assertThat(transmit.status()).isEqualTo(Status.TLS_ERROR);
            assertThat(transmit.io().failure()).hasMessageContaining("ended");
            secure.send(new OverlappedIO(), bytes("neither"));
            assertThat(packets.next().io().failure())
                    .as("of what comes behind it")
                    .hasMessageContaining("ended")
                    .hasRootCause(transmit.io().failure().getCause());
        }
    }
}
