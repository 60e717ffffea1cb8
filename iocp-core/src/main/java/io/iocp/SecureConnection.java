package io.iocp;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Handshake;
import io.iocp.operation.Security;
import io.iocp.operation.StartResult;
import io.iocp.operation.TlsSettings;
import io.iocp.port.Shard;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Connection} with TLS (1.2 or 1.3), whose handshake, receives and sends complete on the port like any other operation
 * (gsk_secure_soc_startInit, startRecv and startSend of IBM i). Everything that works on a connection works here, on plain text:
 * bytes are counted before they are encrypted, {@link OverlappedIO#wireBytes()} says how many they were on the wire.
 *
 * <ul>
 *   <li>Start {@link #handshake} first. What is started behind it waits for it, and ends with {@link
 *       io.iocp.operation.Status#TLS_ERROR} if it fails, never in plain text. What was started before is sent in plain text (a
 *       protocol that changes to TLS on the way: STARTTLS).
 *   <li>Receives and sends report the kinds TLS_RECEIVE and TLS_SEND. A record that brings no data (a session ticket, an update of
 *       keys) completes nothing. {@link io.iocp.operation.Status#EOF} is the peer's close_notify; the end of its stream without
 *       one is {@link io.iocp.operation.Status#TLS_ERROR}, unless {@link TlsOptions#withTruncationAllowed} says otherwise.
 *   <li>A receive that is cancelled or timed out has lost nothing. A send that is cancelled or timed out before its turn changes
 *       nothing; one that is under way leaves a record cut in two, unless it ended just between two, so the session ends there: later
 *       sends end with {@link io.iocp.operation.Status#TLS_ERROR}. A handshake that is cancelled or timed out leaves nothing to be used.
 *   <li>{@link #disconnect} and {@link #shutdownOutput} send a close_notify first. {@link #close} does if it can be sent at once:
 *       behind much that the peer has not taken yet it cannot, and the peer sees its stream cut off; disconnect GRACEFUL before,
 *       and wait for that packet.
 *   <li>The engine's long computations run on threads of their own, twice as many as the port has shards, never on the worker that
 *       serves the other connections.
 * </ul>
 *
 * <p>An idle connection holds no buffer for records.
 *
 * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/gsk_secure_soc_startInit.html">gsk_secure_soc_startInit
 *     (IBM i)</a>
 */
public final class SecureConnection extends Connection {
    private final TlsSettings settings;

    SecureConnection(CompletionPort port, Endpoint endpoint, TlsSettings settings, Connection plain) {
        super(port, endpoint, plain);
        this.settings = settings;
    }

    /**
     * Starts the handshake; completes when it is over, as kind TLS_HANDSHAKE. {@link OverlappedIO#timeout} limits it. Once for each
     * connection: after a {@linkplain io.iocp.operation.DisconnectMode#RECYCLE recycling} again.
     *
     * <p>It ends with {@link io.iocp.operation.Status#TLS_ERROR} if the two sides cannot agree or do not trust each other, if the
     * peer does not speak TLS, or leaves; {@link OverlappedIO#failure()} says which. Then the connection is good for nothing but
     * to be closed.
     *
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     * @throws IllegalStateException if there was a handshake already, if the connection is not associated, or {@code packet} is in
     *     use
     * @throws ClosedChannelException if the connection is closed
     */
    public StartResult handshake(OverlappedIO packet) throws ClosedChannelException {
        Handshake operation = packet.of(Handshake.class, Handshake::new);
        Endpoint endpoint = endpoint();
        Shard shard = begin(packet, operation);
        if (!endpoint.secure()) {
            abandon(packet, operation);
            throw new IllegalStateException(this + " has had its handshake: a connection has one");
        }
        operation.of(settings);
        try {
            StartResult result = start(shard, operation);
            endpoint.secured(); // the shard may not have seen it yet, and who comes back starts more
            return result;
        } catch (RuntimeException refused) {
            endpoint.insecure();
            throw refused;
        }
    }

    /**
     * What was agreed on: protocol, cipher suite, the peer's certificates. Null until the handshake has succeeded.
     *
     * <p>Thread: any.
     */
    public @Nullable SSLSession session() {
        Security security = endpoint().security();
        return security == null ? null : security.session();
    }

    /** The protocol that both sides have chosen (ALPN); null for none, and until the handshake has succeeded. */
    public @Nullable String applicationProtocol() {
        Security security = endpoint().security();
        return security == null ? null : security.applicationProtocol();
    }

    /**
     * The server's name, in lower case: what the client has asked for, or what this client has asked for (SNI). Null for none,
     * and until the handshake has succeeded.
     */
    public @Nullable String serverName() {
        Security security = endpoint().security();
        return security == null ? null : security.serverName();
    }

    @Override
    public String toString() {
        return "Secure" + super.toString();
    }
}
