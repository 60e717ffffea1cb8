package io.iocp.spring.handler;

import java.util.Locale;

/** Why a connection of a server or a client was closed. */
public enum CloseReason {
    /** The peer ended its stream in good order. */
    PEER,
    /** The peer reset the connection, or it broke. */
    RESET,
    /** Nothing was received or sent for as long as the idle timeout. */
    IDLE,
    /** A handler closed it. */
    APPLICATION,
    /** A handler failed. */
    HANDLER_FAILED,
    /** What was to be sent could not be. */
    SEND_FAILED,
    /** The TLS handshake failed or took too long; or a record was not what it should be, or the end came without a close_notify. */
    TLS_FAILED,
    /** What the peer has sent can be no frame, or it ended its stream in the middle of one. */
    BAD_FRAME,
    /** The peer has sent more of one frame than {@code framing.max-size}. */
    FRAME_TOO_LARGE,
    /** The server or its port was stopped. */
    SHUTDOWN,
    /** Somebody closed it through the management endpoint. */
    OPERATOR,
    /** The peer sent nothing at all for as long as the first-byte timeout. */
    FIRST_BYTE_TIMEOUT,
    /** A frame was not whole within the frame timeout. */
    FRAME_TIMEOUT,
    /** In the middle of a frame less was received than the minimum rate. */
    TOO_SLOW,
    /** It was open for as long as it may be. */
    MAX_AGE,
    /** For too long more waited to be sent than the low mark, and the peer took too little of it. */
    SLOW_READER,
    /** What was to be sent would have taken more memory than there may be. */
    OUT_OF_MEMORY;

    /** As a meter's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
