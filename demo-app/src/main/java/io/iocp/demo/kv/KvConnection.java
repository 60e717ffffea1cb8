package io.iocp.demo.kv;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.spring.handler.Replies;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: brings its commands to its {@link KvSession}, and the replies to its socket.
 *
 * <p>One send is in flight at a time. Replies written meanwhile gather in the {@link RespWriter} and leave together with the
 * next send. A large buffer is sent piece by piece, so that native memory holds one piece for each connection at most, however
 * large a value is and however slowly it is read.
 *
 * <p>Replies that have to wait for the {@link Journal} stay in the {@link RespWriter}. Whoever finds that the wait is over posts
 * a packet to this connection, so that it goes on as if it had received something. There is one such wait at a time. Meanwhile no
 * further command reaches it.
 *
 * <p>Thread: one at a time, as the packets of a connection come; {@link #settled} any.
 */
final class KvConnection {

    /** The most bytes that one send copies to native memory. */
    private static final int PIECE_BYTES = 256 << 10;

    private final Connection connection;
    private final KvSession session;
    private final Journal journal;
    private final OverlappedIO wakeup = new OverlappedIO();
    private final RespWriter out = new RespWriter();
    /** What is being sent, from its position on; null while no send is in flight. */
    private @Nullable ByteBuffer sending;

    /** The last command was run: the connection ends when everything is sent. */
    private boolean ending;

    /** The journal will post. */
    private boolean waiting;

    /** Of the commands of one packet, until all of them were run. */
    private long received;

    private int repliedBefore;

    /** @param client who is at the other end, behind a proxy too */
    KvConnection(Connection connection, SocketAddress client, KvCommands commands) {
        this.connection = connection;
        this.journal = commands.journal();
        this.session = new KvSession(commands, text(client), text(connection.localAddress()));
    }

    /** Runs a command. Its reply leaves with those of all commands that have come with it. */
    void received(Request request, Replies replies) {
        if (received == 0) {
            repliedBefore = out.length();
            session.came();
            replies.afterFrames(() -> ran(replies));
        }
        received += request.bytes();
        ending = !session.run(request, out);
        if (!session.isReady(out)) {
            replies.pauseReceiving();
        }
    }

    private void ran(Replies replies) {
        session.ran(received, out.length() - repliedBefore);
        received = 0;
        goOn(replies);
    }

    /** What was waited for has come. */
    void woken(Replies replies) {
        waiting = false;
        goOn(replies);
    }

    /** The connection is closed. */
    void closed() {
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
        goOn(replies);
    }

    /** Sends what may be sent, and has commands come again if they may. */
    private void goOn(Replies replies) {
        journal.flush();
        if (session.heldUntil() == 0 || settle()) {
            if (sending == null && out.length() > 0) {
                ByteBuffer data = out.take();
                sending = data;
                sendPiece(data, replies);
            }
            if (!waiting && session.isFull() && journal.awaitRoom(this::settled)) {
                waiting = true;
            }
        }
        if (ending && sending == null && out.length() == 0) {
            replies.closeWhenSent();
        }
        if (waiting || !session.isReady(out)) {
            replies.pauseReceiving();
        } else {
            replies.resumeReceiving();
        }
        // What was asked for is answered, also if the client sends nothing more, or the server is told to stop.
        replies.holdOpen(waiting);
    }

    /** Whether the replies that were held may be sent now. If not, this connection is told later. */
    private boolean settle() {
        if (waiting) {
            return false;
        }
        return switch (journal.await(session.heldUntil(), this::settled)) {
            case DURABLE -> {
                session.release();
                yield true;
            }
            case PENDING -> {
                waiting = true;
                yield false;
            }
            case LOST -> {
                session.lost(out, "MISCONF Errors writing to the AOF file: this change may be lost");
                ending = true;
                yield true;
            }
        };
    }

    /** The journal has what this connection waits for. Thread: any. */
    private void settled() {
        try {
            connection.post(wakeup, 0);
        } catch (ClosedChannelException | ClosedPortException gone) {
            // Nobody is left who would read the replies.
        } catch (TooManyOperationsException refused) {
            // Better the client learns that its connection broke than that it waits for ever.
            connection.close();
        }
    }

    private static void sendPiece(ByteBuffer data, Replies replies) {
        int end = data.limit();
        data.limit(Math.min(end, data.position() + PIECE_BYTES));
        replies.send(data);
        data.limit(end);
    }

    private static String text(SocketAddress address) {
        return address instanceof InetSocketAddress ip
                ? ip.getAddress().getHostAddress() + ':' + ip.getPort()
                : address.toString();
    }
}
