package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What a handler method can ask of a packet, one method for each type. */
final class PacketParts {
    private PacketParts() {}

    static Connection connection(OverlappedIO packet) {
        return packet.kind() == OperationKind.ACCEPT ? packet.accepted() : packet.connection();
    }

    /** Of a server: also of the accept, before there are other packets of the connection. */
    static Connection connectionOf(Exchange exchange) {
        return exchange.connection();
    }

    static ConnectionInfo infoOf(Exchange exchange) {
        return exchange.info();
    }

    static @Nullable SecureConnection secureConnectionOf(Exchange exchange) {
        return exchange.connection() instanceof SecureConnection secure ? secure : null;
    }

    static @Nullable SecureConnection secureConnection(OverlappedIO packet) {
        return packet.handle() instanceof SecureConnection secure ? secure : null;
    }

    static @Nullable SSLSession sessionOf(Exchange exchange) {
        return session(secureConnectionOf(exchange));
    }

    static @Nullable SSLSession session(OverlappedIO packet) {
        return session(secureConnection(packet));
    }

    private static @Nullable SSLSession session(@Nullable SecureConnection connection) {
        return connection == null ? null : connection.session();
    }

    static @Nullable X509Certificate certificateOf(Exchange exchange) {
        return certificate(sessionOf(exchange));
    }

    static @Nullable X509Certificate certificate(OverlappedIO packet) {
        return certificate(session(packet));
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

    static @Nullable Principal principalOf(Exchange exchange) {
        return principal(certificateOf(exchange));
    }

    static @Nullable Principal principal(OverlappedIO packet) {
        return principal(certificate(packet));
    }

    private static @Nullable Principal principal(@Nullable X509Certificate certificate) {
        return certificate == null ? null : certificate.getSubjectX500Principal();
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
        ByteBuffer data = packet.data();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return bytes;
    }

    static String text(OverlappedIO packet) {
        return new String(bytes(packet), StandardCharsets.UTF_8);
    }
}
