package io.iocp.operation;

/**
 * What becomes of the connection behind a transmit, and how early the transmit is over.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-transmitfile">TransmitFile (Windows),
 *     dwFlags</a>
 */
public enum TransmitFlag {
    /**
     * When all is sent the output ends: the peer sees the end of the stream (TF_DISCONNECT). Nothing can be started to be sent
     * from the start of the transmit on, also if it fails.
     */
    DISCONNECT,
    /**
     * Then the connection is recycled, as by {@link DisconnectMode#RECYCLE} (TF_REUSE_SOCKET). Only together with {@link
     * #DISCONNECT}.
     */
    RECYCLE,
    /**
     * The transmit is over when the last byte is accepted by the kernel, not when the peer has it (TF_WRITE_BEHIND). That is how
     * each transmit ends here, so it changes nothing; not together with the other flags.
     */
    WRITE_BEHIND
}
