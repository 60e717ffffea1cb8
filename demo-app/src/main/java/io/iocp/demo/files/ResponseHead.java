package io.iocp.demo.files;

import java.nio.charset.StandardCharsets;

/** Writes the head of a response, field by field. */
final class ResponseHead {

    private final StringBuilder out = new StringBuilder(320);

    ResponseHead(HttpStatus status, HttpClock.Second now, KeepAlive keepAlive) {
        out.append("HTTP/1.1 ").append(status.line()).append("\r\nServer: iocp-demo\r\nDate: ");
        out.append(now.text()).append("\r\n").append(keepAlive.field());
    }

    ResponseHead field(String name, String value) {
        out.append(name).append(": ").append(value).append("\r\n");
        return this;
    }

    ResponseHead contentLength(long bytes) {
        out.append("Content-Length: ").append(bytes).append("\r\n");
        return this;
    }

    /** What lets a client ask for this version again, or for a part of it. */
    ResponseHead version(FileVersion version) {
        out.append("Last-Modified: ").append(version.lastModified());
        out.append("\r\nETag: ").append(version.entityTag()).append("\r\nAccept-Ranges: bytes\r\n");
        return this;
    }

    ResponseHead contentRange(ByteRange range, long size) {
        out.append("Content-Range: bytes ").append(range.first()).append('-');
        out.append(range.first() + range.length() - 1).append('/').append(size).append("\r\n");
        return this;
    }

    /** The head with its empty line. */
    byte[] bytes() {
        return out.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The head with its empty line, and a body behind it. */
    byte[] bytesWith(byte[] body) {
        byte[] head = bytes();
        byte[] all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }
}
