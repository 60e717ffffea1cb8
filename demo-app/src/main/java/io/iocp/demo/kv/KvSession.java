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
 * <p>A reply to a change may have to wait until the change is durable. Then the session is {@linkplain #heldUntil() held}: from
 * that reply on nothing may leave, and nothing further is run, so that no reply overtakes another; {@link #release} or {@link
 * #lost} ends that. All changes of one received buffer are waited for at once.
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
        /** Too many replies wait to be sent. */
        PAUSED,
        /** Too much waits to be written to the journal. */
        FULL,
        CLOSING
    }

    /** So much may be kept before input should no longer be asked for, while replies are held. */
    private static final int KEPT_BYTES = 64 << 10;

    private State state = State.RUNNING;
    /** The position in the journal that the replies wait for, 0 for none. */
    private long heldUntil;
    /** Where in the buffer of replies the first one begins that waits. */
    private int heldFrom;
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
        } else if (heldUntil != 0) {
            keep(data);
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
     * Goes on with what was kept, after replies were sent, were released, or the journal has room; does nothing if there is
     * nothing to go on with.
     *
     * @return as {@link #received}
     */
    public boolean resume(RespWriter out) {
        if (heldUntil == 0 && state != State.CLOSING && kept.hasRemaining()) {
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

    /** Whether there are commands waiting for room in the journal: {@link #resume} has to be called then. */
    boolean full() {
        return state == State.FULL;
    }

    /** Whether more input should be asked for. */
    boolean wantsInput() {
        return state != State.PAUSED && state != State.FULL && kept.remaining() < KEPT_BYTES;
    }

    /** Whether {@link #resume} would run something. */
    boolean canResume(RespWriter out) {
        return heldUntil == 0
                && state != State.CLOSING
                && kept.hasRemaining()
                && out.backlog() < BACKLOG_BYTES
                && !commands.journal().isFull();
    }

    /** The position in the journal that must be durable before anything may be sent, 0 for none. */
    long heldUntil() {
        return heldUntil;
    }

    /** What was waited for is durable: the replies may leave. */
    void release() {
        heldUntil = 0;
    }

    /** What was waited for is lost: an error takes the place of the replies, and the connection has to end behind it. */
    void lost(RespWriter out, String error) {
        heldUntil = 0;
        out.rewind(heldFrom);
        out.error(error);
        state = State.CLOSING;
        kept = ByteBuffer.allocate(0);
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
                } else if (commands.journal().isFull()) {
                    state = State.FULL;
                } else if (decoder.next(in)) {
                    execute(out);
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

    private void execute(RespWriter out) {
        int before = out.length();
        long position = commands.execute(decoder.arguments(), client, out);
        if (position != 0) {
            if (heldUntil == 0) {
                heldFrom = before;
            }
            heldUntil = Math.max(heldUntil, position);
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
