package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What a handler method's parameters are taken out of, one static method for each type: a packet, or what knows its connection. */
final class PacketParts {
    private PacketParts() {}

    // ---- of a server's or client's connection

    static Connection connection(Exchange exchange) {
        return exchange.connection();
    }

    static @Nullable SecureConnection secureConnection(Exchange exchange) {
        return exchange.connection() instanceof SecureConnection secure ? secure : null;
    }

    static @Nullable SSLSession session(Exchange exchange) {
        return session(secureConnection(exchange));
    }

    static @Nullable X509Certificate certificate(Exchange exchange) {
        return certificate(session(exchange));
    }

    static @Nullable Principal principal(Exchange exchange) {
        return principal(certificate(exchange));
    }

    static ConnectionInfo info(Exchange exchange) {
        return exchange.info();
    }

    static @Nullable CloseReason closeReason(Exchange exchange) {
        return exchange.closeReason();
    }

    static SocketAddress address(Exchange exchange) {
        return exchange.info().remoteAddress();
    }

    static @Nullable InetSocketAddress internetAddress(Exchange exchange) {
        return exchange.info().remoteAddress() instanceof InetSocketAddress internet ? internet : null;
    }

    static @Nullable Object key(Exchange exchange) {
        return exchange.info().key();
    }

    static Duration openFor(Exchange exchange) {
        return Duration.between(exchange.info().openedAt(), Instant.now());
    }

    static @Nullable Object frame(Exchange exchange) {
        return exchange.frame();
    }

    static ByteBuffer data(Exchange exchange, OverlappedIO packet) {
        return exchange.data(packet);
    }

    static byte[] bytes(Exchange exchange, OverlappedIO packet) {
        return copyOf(exchange.data(packet));
    }

    static String text(Exchange exchange, OverlappedIO packet) {
        return new String(bytes(exchange, packet), StandardCharsets.UTF_8);
    }

    // ---- of a packet

    static Connection connection(OverlappedIO packet) {
        return packet.kind() == OperationKind.ACCEPT ? packet.accepted() : packet.connection();
    }

    static @Nullable SecureConnection secureConnection(OverlappedIO packet) {
        return packet.handle() instanceof SecureConnection secure ? secure : null;
    }

    static @Nullable SSLSession session(OverlappedIO packet) {
        return session(secureConnection(packet));
    }

    static @Nullable X509Certificate certificate(OverlappedIO packet) {
        return certificate(session(packet));
    }

    static @Nullable Principal principal(OverlappedIO packet) {
        return principal(certificate(packet));
    }

    static OperationKind kind(OverlappedIO packet) {
        return packet.kind();
    }

    static Status status(OverlappedIO packet) {
        return packet.status();
    }

    static long bytesTransferred(OverlappedIO packet) {
        return packet.bytesTransferred();
    }

    static @Nullable IOException failure(OverlappedIO packet) {
        return packet.failure();
    }

    static @Nullable Object key(OverlappedIO packet) {
        return packet.key();
    }

    static @Nullable Object attachment(OverlappedIO packet) {
        return packet.attachment();
    }

    static ByteBuffer data(OverlappedIO packet) {
        return packet.data();
    }

    static byte[] bytes(OverlappedIO packet) {
        return copyOf(packet.data());
    }

    static String text(OverlappedIO packet) {
        return new String(bytes(packet), StandardCharsets.UTF_8);
    }

    // ---- of either

    private static byte[] copyOf(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(data.position(), bytes);
        return bytes;
    }

    private static @Nullable SSLSession session(@Nullable SecureConnection connection) {
        return connection == null ? null : connection.session();
    }

    /** The peer's, if it has shown one that is trusted. */
    private static @Nullable X509Certificate certificate(@Nullable SSLSession session) {
        if (session == null) {
            return null;
        }
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate x509 ? x509 : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    private static @Nullable Principal principal(@Nullable X509Certificate certificate) {
        return certificate == null ? null : certificate.getSubjectX500Principal();
    }
}
