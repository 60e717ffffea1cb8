package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a handler method can ask of a packet, one method for each type. */
final class PacketParts {
    private PacketParts() {}

    static Connection connection(OverlappedIO packet) {
        return packet.kind() == OperationKind.ACCEPT ? packet.accepted() : packet.connection();
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
