package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.Connection;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A connection of a port and the plain socket at its other end.
 *
 * @param connection the port's side, associated
 * @param peer the other side
 */
record Link(Connection connection, Socket peer) implements AutoCloseable {

    void peerSends(String text) throws IOException {
        peerSends(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void peerSends(byte[] bytes) throws IOException {
        peer.getOutputStream().write(bytes);
    }

    byte[] peerReads(int count) throws IOException {
        byte[] bytes = peer.getInputStream().readNBytes(count);
        assertThat(bytes.length).as("bytes before the end of the stream").isEqualTo(count);
        return bytes;
    }

    String peerReadsText(int count) throws IOException {
        return new String(peerReads(count), StandardCharsets.ISO_8859_1);
    }

    void peerSeesEnd() throws IOException {
        assertThat(peer.getInputStream().read()).as("end of the stream").isEqualTo(-1);
    }

    /** Ends the peer's stream in good order. */
    void peerFinishes() throws IOException {
        peer.shutdownOutput();
    }

    void peerResets() throws IOException {
        peer.setSoLinger(true, 0);
        peer.close();
    }

    @Override
    public void close() throws IOException {
        connection.close();
        peer.close();
    }
}
