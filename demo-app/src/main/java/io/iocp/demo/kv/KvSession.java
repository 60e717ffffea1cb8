package io.iocp.demo.kv;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One connection of the service: turns received bytes into commands, runs them in order, and gathers their replies.
 *
 * <p>A client that pipelines more replies than it reads must not fill our memory. Once {@link RespWriter#backlog()}
 * has reached {@value #BACKLOG_BYTES} bytes, the session is {@linkplain #paused() paused}: it runs no further command
 * and keeps what it received, until {@link #resume} finds that enough was sent. While it is paused, its owner should
 * not ask for more input; what arrives nevertheless is kept too.
 *
 * <p>Thread: one at a time; {@link #close} from any.
 */
public final class KvSession implements AutoCloseable {

    /** No further command is run while so many bytes of replies wait to be sent. */
    public static final int BACKLOG_BYTES = 1 << 20;

    private final KvCommands commands;
    private final Client client;
    private final RespDecoder decoder = new RespDecoder();

    private enum State {
        RUNNING,
        PAUSED,
        CLOSING
    }

    private State state = State.RUNNING;
    /** Received and not yet decoded, because the session is paused. */
    private ByteBuffer kept = ByteBuffer.allocate(0);

    /**
     * A session for a connection that was just accepted.
     *
     * @param remoteAddress of the client, as {@code host:port}
     * @param localAddress of the server, as {@code host:port}
     */
    public KvSession(KvCommands commands, String remoteAddress, String localAddress) {
        this.commands = commands;
        this.client = commands.clients()
                .connect(remoteAddress, localAddress, commands.clock().millis());
    }

    /**
     * Runs the commands in these bytes and writes their replies; all bytes are consumed.
     *
     * @return whether the connection goes on; {@code false} means to send what was written and then to close it
     */
    public boolean received(ByteBuffer data, RespWriter out) {
        int before = out.length();
        int arrived = data.remaining();
        client.active(commands.clock().millis());
        if (state == State.CLOSING) {
            data.position(data.limit());
        } else if (kept.hasRemaining()) {
            keep(data);
            run(kept, out);
        } else {
            run(data, out);
            if (data.hasRemaining()) {
                keep(data);
            }
        }
        commands.clients().moved(arrived, out.length() - before);
        return state != State.CLOSING;
    }

    /**
     * Goes on with what was kept, after replies were sent; does nothing for a session that is not paused.
     *
     * @return as {@link #received}
     */
    public boolean resume(RespWriter out) {
        if (state == State.PAUSED) {
            int before = out.length();
            run(kept, out);
            commands.clients().moved(0, out.length() - before);
        }
        return state != State.CLOSING;
    }

    /** Whether there are commands waiting for replies to be sent: {@link #resume} has to be called after that. */
    public boolean paused() {
        return state == State.PAUSED;
    }

    /** Forgets the client; to be called once the connection is closed. */
    @Override
    public void close() {
        commands.clients().disconnect(client);
    }

    private void run(ByteBuffer in, RespWriter out) {
        state = State.RUNNING;
        try {
            while (state == State.RUNNING && in.hasRemaining()) {
                if (out.backlog() >= BACKLOG_BYTES) {
                    state = State.PAUSED;
                } else if (decoder.next(in)) {
                    commands.execute(decoder.arguments(), client, out);
                    if (client.leaving()) {
                        state = State.CLOSING;
                    }
                }
            }
        } catch (ProtocolError broken) {
            out.error("ERR " + broken.getMessage());
            state = State.CLOSING;
        }
        if (state == State.CLOSING) {
            in.position(in.limit());
        }
        if (!kept.hasRemaining()) {
            kept = ByteBuffer.allocate(0);
        }
    }

    private void keep(ByteBuffer data) {
        int size = kept.remaining();
        if (data.remaining() > kept.capacity() - size) {
            byte[] larger = Arrays.copyOfRange(
                    kept.array(), kept.position(), kept.position() + Math.max(size * 2, size + data.remaining()));
            kept = ByteBuffer.wrap(larger, 0, size);
        } else if (kept.position() > 0) {
            kept.compact().flip();
        }
        int end = kept.limit();
        kept.limit(end + data.remaining());
        kept.put(end, data, data.position(), data.remaining());
        data.position(data.limit());
    }
}
