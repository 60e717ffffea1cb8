package io.iocp.spring.autoconfigure;

import io.iocp.operation.SocketOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * What is set on the sockets of a server.
 *
 * @param noDelay Whether small writes are sent at once (TCP_NODELAY).
 * @param receiveBuffer Bytes that the kernel keeps for each connection until they are received (SO_RCVBUF). Chosen by the
 *     kernel by default.
 * @param sendBuffer Bytes that the kernel keeps for each connection until its peer has them (SO_SNDBUF). Chosen by the kernel
 *     by default.
 * @param resetOnClose Whether closing a connection resets it (SO_LINGER with 0 seconds).
 * @param reusePort Whether other processes of the same user may listen on the same address (SO_REUSEPORT).
 * @param ipv6Only Whether a server that listens on all IPv6 addresses takes no IPv4. Not with the engine nio.
 */
public record SocketProperties(
        @DefaultValue("true") boolean noDelay,
        @DefaultValue KeepAlive keepAlive,
        @Nullable DataSize receiveBuffer,
        @Nullable DataSize sendBuffer,
        boolean resetOnClose,
        boolean reusePort,
        boolean ipv6Only) {

    /**
     * Questions to a silent peer.
     *
     * @param idle Silence before the kernel asks the peer whether it is still there. It does not ask by default.
     * @param interval Time from one unanswered question to the next.
     * @param count Unanswered questions before the connection is given up.
     */
    public record KeepAlive(
            @Nullable Duration idle,
            @DefaultValue("10s") Duration interval,
            @DefaultValue("6") int count) {}

    /** @throws InvalidConfigurationPropertyValueException if a value is out of bounds; it names the key */
    SocketOptions options(String prefix) {
        SocketOptions options = SocketOptions.defaults()
                .withNoDelay(noDelay)
                .withResetOnClose(resetOnClose)
                .withReusePort(reusePort)
                .withIpv6Only(ipv6Only);
        try {
            options = receiveBuffer == null ? options : options.withReceiveBuffer(bytes(receiveBuffer));
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(prefix + "receive-buffer", receiveBuffer, reason(e));
        }
        try {
            options = sendBuffer == null ? options : options.withSendBuffer(bytes(sendBuffer));
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(prefix + "send-buffer", sendBuffer, reason(e));
        }
        Duration idle = keepAlive.idle();
        if (idle == null) {
            return options;
        }
        try {
            return options.withKeepAlive(
                    new io.iocp.operation.KeepAlive(idle, keepAlive.interval(), keepAlive.count()));
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(prefix + "keep-alive", keepAlive, reason(e));
        }
    }

    private static int bytes(DataSize size) {
        return (int) Math.min(Integer.MAX_VALUE, size.toBytes());
    }

    private static String reason(IllegalArgumentException e) {
        return e.getMessage() + ".";
    }
}
