package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.Connection;
import io.iocp.Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A connection of a port and the peer at its other end.
 *
 * @param connection the port's side, associated
 * @param peer the other side
 */
record Link(Connection connection, Peer peer) implements AutoCloseable {

    void peerSends(String text) throws IOException {
        peerSends(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void peerSends(byte[] bytes) throws IOException {
        peer.output().write(bytes);
    }

    byte[] peerReads(int count) throws IOException {
        byte[] bytes = peer.input().readNBytes(count);
        assertThat(bytes.length).as("bytes before the end of the stream").isEqualTo(count);
        return bytes;
    }

    String peerReadsText(int count) throws IOException {
        return new String(peerReads(count), StandardCharsets.ISO_8859_1);
    }

    void peerSeesEnd() throws IOException {
        assertThat(peer.input().read()).as("end of the stream").isEqualTo(-1);
    }

    /** Ends the peer's stream in good order. */
    void peerFinishes() throws IOException {
        peer.shutdownOutput();
    }

    void peerResets() throws IOException {
        peer.reset();
    }

    @Override
    public void close() throws IOException {
        connection.close();
        peer.close();
    }
}
