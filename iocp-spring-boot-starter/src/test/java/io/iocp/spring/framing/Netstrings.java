package io.iocp.spring.framing;

import java.nio.ByteBuffer;

/** The framing of the documentation: a text with its length in front, as in {@code 5:hello,}. */
final class Netstrings {
    private Netstrings() {}

    static Framing framing() {
        return new Framing() {
            @Override
            public FrameDecoder<ByteBuffer> open() {
                return in -> {
                    int at = in.position();
                    int length = 0;
                    while (at < in.limit() && in.get(at) != ':') {
                        int digit = in.get(at++) - '0';
                        if (digit < 0 || digit > 9 || length > 100_000) {
                            throw new FrameException("not the length of a netstring");
                        }
                        length = 10 * length + digit;
                    }
                    if (at + 1 + length + 1 > in.limit()) {
                        return null;
                    }
                    in.position(at + length + 2);
                    return in.slice(at + 1, length);
                };
            }

            @Override
            public Class<?> frameType() {
                return ByteBuffer.class;
            }
        };
    }
}
