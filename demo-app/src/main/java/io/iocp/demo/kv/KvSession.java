package io.iocp.demo.kv;

/**
 * One connection of the service: runs its commands in order, and gathers their replies.
 *
 * <p>A client that pipelines more replies than it reads must not fill our memory: once {@link RespWriter#backlog()} has reached
 * {@value #BACKLOG_BYTES} bytes, or too much waits to be written to the journal, the session is not {@linkplain #isReady ready}
 * for further commands.
 *
 * <p>A reply to a change may have to wait until the change is durable. Then the session is {@linkplain #heldUntil() held}: from
 * that reply on nothing may leave until {@link #release} or {@link #lost}. All changes of one received buffer are waited for at
 * once; what comes behind it has to wait, so that no reply overtakes another.
 *
 * <p>Next: {@link KvCommands#execute}.
 *
 * <p>Thread: one at a time; {@link #close} from any.
 */
public final class KvSession implements AutoCloseable {

    /** No further command is run while so many bytes of replies wait to be sent. */
    public static final int BACKLOG_BYTES = 1 << 20;

    private final KvCommands commands;
    private final Client client;
    /** The last command was run. */
    private boolean ended;
    /** The position in the journal that the replies wait for, 0 for none. */
    private long heldUntil;
    /** Where in the buffer of replies the first one begins that waits. */
    private int heldFrom;

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
     * Runs the command and writes its reply. After the last one it does nothing.
     *
     * @return whether the connection goes on; {@code false} means to send what was written and then to close it
     */
    boolean run(Request request, RespWriter out) {
        if (!ended) {
            String error = request.error();
            if (error == null) {
                execute(request.arguments(), out);
                ended = client.leaving();
            } else {
                out.error("ERR " + error);
                ended = true;
            }
        }
        return !ended;
    }

    private void execute(byte[][] arguments, RespWriter out) {
        int before = out.length();
        long position = commands.execute(arguments, client, out);
        if (position != 0) {
            if (heldUntil == 0) {
                heldFrom = before;
            }
            heldUntil = Math.max(heldUntil, position);
        }
    }

    /** Commands have come, one or several together, and will be run. */
    void came() {
        client.active(commands.clock().millis());
    }

    /** Commands that came together were run. */
    void ran(long bytesReceived, long bytesReplied) {
        commands.clients().moved(bytesReceived, bytesReplied);
    }

    /** Whether a further command may be run. */
    boolean isReady(RespWriter out) {
        return !ended && out.backlog() < BACKLOG_BYTES && !isFull();
    }

    /** Whether too much waits to be written to the journal. */
    boolean isFull() {
        return commands.journal().isFull();
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
        ended = true;
    }

    /** Forgets the client; to be called once the connection is closed. */
    @Override
    public void close() {
        commands.clients().disconnect(client);
    }
}
