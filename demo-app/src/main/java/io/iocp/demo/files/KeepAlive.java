package io.iocp.demo.files;

/** Whether a connection goes on after a response, and how the response says so. */
enum KeepAlive {
    /** Goes on, as HTTP/1.1 does if nothing is said. */
    IMPLIED(""),
    /** Goes on, which a client of HTTP/1.0 has asked for and must be told. */
    SAID("Connection: keep-alive\r\n"),
    CLOSE("Connection: close\r\n");

    private final String field;

    KeepAlive(String field) {
        this.field = field;
    }

    /** The field with the end of its line; empty if none is needed. */
    String field() {
        return field;
    }

    static KeepAlive of(Request request) {
        if (!request.keepAlive()) {
            return CLOSE;
        }
        return request.version() == Request.Version.HTTP_1_0 ? SAID : IMPLIED;
    }
}
