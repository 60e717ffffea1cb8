package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.SecureConnection;
import io.iocp.TestCertificates;
import io.iocp.TlsOptions;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.function.Consumer;
import javax.net.ssl.SSLParameters;

/**
 * A connection of a port that has TLS, and the TLS peer at its other end.
 *
 * @param connection the port's side
 * @param peer the other side
 */
record SecureLink(SecureConnection connection, TlsPeer peer) {

    /** Which side of TLS the port's connection is. Who has connected to whom has nothing to do with it. */
    enum Side {
        SERVER,
        CLIENT;

        TlsOptions options() {
            return this == SERVER
                    ? TlsOptions.server(TestCertificates.server())
                    : TlsOptions.client(TestCertificates.client(), "localhost", 443);
        }

        /** The other side, for {@link #options()}. */
        TlsPeer peer(Peer peer, Consumer<SSLParameters> settings) {
            return this == SERVER
                    ? TlsPeer.client(peer, TestCertificates.client(), settings)
                    : TlsPeer.server(peer, TestCertificates.server(), settings);
        }

        TlsPeer peer(Peer peer) {
            return peer(peer, parameters -> {});
        }
    }

    /** A server of the port's, after the handshake, with TLS 1.3. The connection's key is "key". */
    static SecureLink open(PortFixture fixture, CompletionPort port, Packets packets) throws Exception {
        return open(fixture, port, packets, Side.SERVER);
    }

    /** Either side, after the handshake, with TLS 1.3. */
    static SecureLink open(PortFixture fixture, CompletionPort port, Packets packets, Side side) throws Exception {
        return open(fixture, port, packets, side, "TLSv1.3");
    }

    /** Either side, after the handshake. */
    static SecureLink open(PortFixture fixture, CompletionPort port, Packets packets, Side side, String protocol)
            throws Exception {
        return open(fixture, port, packets, side, side.options(), protocol);
    }

    static SecureLink open(
            PortFixture fixture, CompletionPort port, Packets packets, Side side, TlsOptions options, String protocol)
            throws Exception {
        Link link = fixture.link(port, "key");
        return of(link, options, side.peer(link.peer(), TlsPeer.protocol(protocol)), packets);
    }

    /** Makes this link secure; the packet of the handshake is taken, as the next one of {@code packets}. */
    static SecureLink of(Link link, TlsOptions options, TlsPeer peer, Packets packets) throws Exception {
        SecureConnection connection = link.connection().secure(options);
        connection.handshake(new OverlappedIO("handshake"));
        Beside<TlsPeer> far = Beside.run(() -> peer.handshake());
        Packet packet = packets.next();
        assertThat(packet.kind()).isEqualTo(OperationKind.TLS_HANDSHAKE);
        assertThat(packet.status()).as("%s", packet.io().failure()).isEqualTo(Status.OK);
        far.end();
        return new SecureLink(connection, peer);
    }
}
