package io.iocp.spring.client;

import java.io.IOException;
import java.io.Serial;

/** Nothing more can be sent now, because too much waits: the peer reads more slowly than is sent to it. */
public class SendRefusedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final long pendingBytes;

    public SendRefusedException(String client, long pendingBytes, long most) {
        super("client '" + client + "': " + pendingBytes + " bytes wait to be sent, and at most " + most
                + " may: wait for the stages of earlier sends, or raise iocp.clients." + client
                + ".send.high-water-mark");
        this.pendingBytes = pendingBytes;
    }

    /** Bytes that waited. */
    public long pendingBytes() {
        return pendingBytes;
    }
}
