package io.iocp.demo.kv;

import io.iocp.spring.framing.FrameDecoder;
import io.iocp.spring.framing.Framing;

/** RESP as a framing: a handler gets one {@link Request} after the other, however the network has cut them. */
final class RespFraming implements Framing {

    /** In {@code iocp.servers.kv.framing.bean}. */
    static final String BEAN = "resp";

    @Override
    public FrameDecoder<Request> open() {
        return new RespDecoder();
    }

    @Override
    public Class<?> frameType() {
        return Request.class;
    }
}
