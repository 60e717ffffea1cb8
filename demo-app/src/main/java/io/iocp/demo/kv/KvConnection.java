package io.iocp.demo.kv;

import io.iocp.Connection;
import io.iocp.operation.Status;
import io.iocp.spring.handler.Replies;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: carries bytes between its socket and its {@link KvSession}.
 *
 * <p>One send is in flight at a time. Replies written meanwhile gather in the {@link RespWriter} and leave together with the
 * next send. A large buffer is sent piece by piece, so that native memory holds one piece for each connection at most, however
 * large a value is and however slowly it is read.
 *
 * <p>Thread: one at a time, as the packets of a connection come.
 */
final class KvConnection {

    /** The most bytes that one send copies to native memory. */
    private static final int PIECE_BYTES = 256 << 10;

    private final Connection connection;
    private final KvSession session;
    private final RespWriter out = new RespWriter();
    /** What is being sent, from its position on; null while no send is in flight. */
    private @Nullable ByteBuffer sending;

    /** The last command was run: the connection ends when everything is sent. */
    private boolean ending;

    private boolean receivingPaused;

    KvConnection(Connection connection, KvCommands commands) {
        this.connection = connection;
        this.session = new KvSession(commands, text(connection.remoteAddress()), text(connection.localAddress()));
    }

    /** Runs the commands in these bytes. */
    void received(ByteBuffer data, Replies replies) {
        if (!session.received(data, out)) {
            ending = true;
        }
        if (sending == null) {
            sendGathered(replies);
        }
        receive(!session.paused());
    }

    /** No more is received. If the client has closed only its sending side, what it asked for is still answered. */
    void receiveEnded() {
        session.close();
    }

    /** A send has ended; if it failed, the server closes the connection. */
    void sent(Status status, long bytes, Replies replies) {
        ByteBuffer data = sending;
        if (status != Status.OK || data == null) {
            return;
        }
        data.position(data.position() + (int) bytes);
        if (data.hasRemaining()) {
            sendPiece(data, replies);
            return;
        }
        sending = null;
        out.sent(data);
        if (!session.resume(out)) {
            ending = true;
        }
        sendGathered(replies);
        receive(!session.paused());
    }

    private void sendGathered(Replies replies) {
        if (out.length() > 0) {
            ByteBuffer data = out.take();
            sending = data;
            sendPiece(data, replies);
        } else if (ending) {
            replies.closeWhenSent();
        }
    }

    private static void sendPiece(ByteBuffer data, Replies replies) {
        int end = data.limit();
        data.limit(Math.min(end, data.position() + PIECE_BYTES));
        replies.send(data);
        data.limit(end);
    }

    private void receive(boolean on) {
        if (on == receivingPaused) {
            receivingPaused = !on;
            if (on) {
                connection.resumeReceiving();
            } else {
                connection.pauseReceiving();
            }
        }
    }

    private static String text(SocketAddress address) {
        return address instanceof InetSocketAddress ip
                ? ip.getAddress().getHostAddress() + ':' + ip.getPort()
                : address.toString();
    }
}
