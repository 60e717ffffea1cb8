package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TlsOptions;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.List;

/**
 * The two ends of one connection, both of a port.
 *
 * @param server has accepted; its key is "server"
 * @param client has connected; its key is "client"
 */
record SecurePair(SecureConnection server, SecureConnection client) {

    /** Connected, and without a handshake. */
    static SecurePair connect(
            PortFixture fixture, CompletionPort port, Packets packets, TlsOptions server, TlsOptions client)
            throws Exception {
        Listener listener = fixture.listen(port, "listener");
        listener.accept(new OverlappedIO("accept"));
        Connection near = port.openConnection(ConnectionOptions.defaults());
        port.associate(near, "client");
        near.connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
        List<Packet> both = packets.next(2);
        assertThat(both).allMatch(packet -> packet.status() == Status.OK);
        Packet accept = both.getFirst().kind() == OperationKind.ACCEPT ? both.getFirst() : both.getLast();
        Connection accepted = accept.accepted();
        assertThat(accepted).isNotNull();
        // One before it is associated, one after.
        SecureConnection far = accepted.secure(server);
        port.associate(far, "server");
        listener.close();
        return new SecurePair(far, near.secure(client));
    }

    /** The packets of both handshakes, the server's first. */
    List<Packet> handshake(Packets packets) throws Exception {
        server.handshake(new OverlappedIO("server"));
        client.handshake(new OverlappedIO("client"));
        List<Packet> both = packets.next(2);
        assertThat(both).allMatch(packet -> packet.kind() == OperationKind.TLS_HANDSHAKE);
        return "server".equals(both.getFirst().attachment()) ? both : both.reversed();
    }

    /** Connected, and after the handshake. */
    static SecurePair open(
            PortFixture fixture, CompletionPort port, Packets packets, TlsOptions server, TlsOptions client)
            throws Exception {
        SecurePair pair = connect(fixture, port, packets, server, client);
        assertThat(pair.handshake(packets))
                .allSatisfy(packet -> assertThat(packet.status())
                        .as("%s", packet.io().failure())
                        .isEqualTo(Status.OK));
        return pair;
    }
}
