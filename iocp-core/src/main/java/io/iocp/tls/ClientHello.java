package io.iocp.tls;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The first message of a client, read only for the name of the server that it wants, before there is an engine for that name. What
 * it does not understand is the engine's business: then it is whole at once, and has no name.
 *
 * <p>Bound: 64 KiB; a longer one is taken as it is then.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2">RFC 8446, Client Hello</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6066#section-3">RFC 6066, Server Name Indication</a>
 */
public final class ClientHello {
    private static final int MOST_BYTES = 64 << 10;
    private static final int FIRST_BYTES = 512;
    private static final int RECORD_HANDSHAKE = 22;
    private static final int MESSAGE_CLIENT_HELLO = 1;
    private static final int MESSAGE_HEADER_BYTES = 4;
    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int NAME_HOST = 0;

    /** Everything that has come, as it came. */
    private byte[] raw = new byte[FIRST_BYTES];

    private int length;

    /** Where in {@link #raw} the next record begins. */
    private int nextRecord;

    /** The message, out of its records. */
    private byte[] message = {};

    private int messageLength;
    private boolean whole;
    private @Nullable String serverName;

    /** Takes more bytes; all of them. */
    public void add(ByteBuffer bytes) {
        int count = bytes.remaining();
        if (length + count > raw.length) {
            raw = Arrays.copyOf(raw, Math.max(2 * raw.length, length + count));
        }
        bytes.get(raw, length, count);
        length += count;
        while (!whole && length > nextRecord) {
            if (!mayBeHandshake()) {
                whole = true; // and whoever sends something else may wait for an answer already
                return;
            }
            if (length - nextRecord < RecordBuffers.HEADER_BYTES) {
                break;
            }
            int content = u16(raw, nextRecord + 3);
            int end = nextRecord + RecordBuffers.HEADER_BYTES + content;
            if (length < end) {
                break;
            }
            append(nextRecord + RecordBuffers.HEADER_BYTES, content);
            nextRecord = end;
            look();
        }
        whole |= length > MOST_BYTES;
    }

    /** Whether the next record, as far as it is here, may be one of a handshake. */
    private boolean mayBeHandshake() {
        int here = length - nextRecord;
        if (raw[nextRecord] != RECORD_HANDSHAKE || (here > 1 && raw[nextRecord + 1] != 3)) {
            return false;
        }
        int content = here < RecordBuffers.HEADER_BYTES ? 1 : u16(raw, nextRecord + 3);
        return content > 0 && content <= RecordBuffers.MOST_CONTENT_BYTES;
    }

    private void append(int from, int count) {
        if (messageLength + count > message.length) {
            message = Arrays.copyOf(message, Math.max(2 * message.length, messageLength + count));
        }
        System.arraycopy(raw, from, message, messageLength, count);
        messageLength += count;
    }

    /** Whether the message is there. */
    private void look() {
        if (messageLength < MESSAGE_HEADER_BYTES) {
            return;
        }
        if (message[0] != MESSAGE_CLIENT_HELLO) {
            whole = true;
            return;
        }
        int body = (message[1] & 0xff) << 16 | u16(message, 2);
        if (messageLength >= MESSAGE_HEADER_BYTES + body) {
            whole = true;
            serverName = serverNameOf(new Reader(message, MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES + body));
        }
    }

    /** Nothing more is to be waited for: an engine can be chosen. */
    public boolean isWhole() {
        return whole;
    }

    /** The server that the client wants, in lower case; null if it does not say, or nobody can tell. */
    public @Nullable String serverName() {
        return serverName;
    }

    /** All that has come, for the engine. */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(raw, 0, length);
    }

    private static @Nullable String serverNameOf(Reader hello) {
        hello.skip(2 + 32); // version, random
        hello.skip(hello.u8()); // session id
        hello.skip(hello.u16()); // cipher suites
        hello.skip(hello.u8()); // compression methods
        Reader extensions = hello.part(hello.u16());
        while (extensions.hasMore()) {
            int type = extensions.u16();
            Reader content = extensions.part(extensions.u16());
            if (type == EXTENSION_SERVER_NAME) {
                Reader names = content.part(content.u16());
                while (names.hasMore()) {
                    int nameType = names.u8();
                    Reader name = names.part(names.u16());
                    if (nameType == NAME_HOST) {
                        return name.hostName();
                    }
                }
                return null;
            }
        }
        return null;
    }

    private static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    /** Reads bytes up to an end; behind it, and once it was asked for more than there is, there is nothing. */
    private static final class Reader {
        private static final int LONGEST_NAME = 255;

        private final byte[] bytes;
        private final int end;
        private int at;

        Reader(byte[] bytes, int at, int end) {
            this.bytes = bytes;
            this.at = at;
            this.end = end;
        }

        boolean hasMore() {
            return at < end;
        }

        void skip(int count) {
            at = count <= end - at ? at + count : end;
        }

        int u8() {
            return at < end ? bytes[at++] & 0xff : 0;
        }

        int u16() {
            return u8() << 8 | u8();
        }

        Reader part(int count) {
            Reader part = new Reader(bytes, at, count <= end - at ? at + count : at);
            skip(count);
            return part;
        }

        @Nullable
        String hostName() {
            int count = end - at;
            if (count == 0 || count > LONGEST_NAME) {
                return null;
            }
            for (int i = at; i < end; i++) {
                byte c = bytes[i];
                boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                if (!letter && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_') {
                    return null;
                }
            }
            String name = new String(bytes, at, count, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        }
    }
}
