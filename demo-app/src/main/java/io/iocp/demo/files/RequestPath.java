package io.iocp.demo.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Turns the path of a request's target into one that can be looked up: percent-decoded once, UTF-8, and with nothing in it that
 * a file system would take for a way up.
 *
 * <p>Dot segments are for clients to resolve (RFC 3986, section 5.2.4): {@code .} is dropped, {@code ..} is refused, encoded or
 * not. An encoded slash or NUL and any backslash are refused, since they mean something else to a file system than to HTTP.
 */
final class RequestPath {

    private RequestPath() {}

    /**
     * The path in these bytes, which begin with a slash.
     *
     * @throws Refusal 400
     */
    static String of(ByteBuffer in, int from, int to) throws Refusal {
        byte before = 0;
        for (int at = from; at < to; at++) {
            byte b = in.get(at);
            if (b <= ' ' || b == '%' || b == '\\' || b == '#' || ((b == '/' || b == '.') && before == '/')) {
                return decoded(in, from, to);
            }
            before = b;
        }
        // Nothing in it that would change: nearly every path.
        byte[] plain = new byte[to - from];
        in.get(from, plain);
        return new String(plain, StandardCharsets.ISO_8859_1);
    }

    private static String decoded(ByteBuffer in, int from, int to) throws Refusal {
        byte[] out = new byte[to - from];
        int length = 0;
        int segment = 0; // where the present one begins, behind its slash
        for (int at = from; at < to; at++) {
            byte b = in.get(at);
            if (b == '/') {
                length = endSegment(out, segment, length);
                if (length == 0 || out[length - 1] != '/') {
                    out[length++] = '/';
                }
                segment = length;
                continue;
            }
            if (b == '%') {
                b = at + 2 < to ? hex(in.get(at + 1), in.get(at + 2)) : bad("a percent sign without two hex digits");
                at += 2;
                if (b == '/') {
                    bad("an encoded slash in the path");
                }
            } else if (b == '#') {
                bad("a fragment is for the client");
            }
            if (b == '\\' || (b >= 0 && b < ' ') || b == 0x7f) {
                bad("a backslash or a control character in the path");
            }
            out[length++] = b;
        }
        length = endSegment(out, segment, length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(out, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Refusal(HttpStatus.BAD_REQUEST, "The path is not UTF-8.");
        }
    }

    /** Drops the segment if it is a dot, and returns the length then. */
    private static int endSegment(byte[] out, int segment, int length) throws Refusal {
        if (length - segment == 1 && out[segment] == '.') {
            return segment;
        }
        if (length - segment == 2 && out[segment] == '.' && out[segment + 1] == '.') {
            bad("a '..' in the path");
        }
        return length;
    }

    private static byte hex(byte high, byte low) throws Refusal {
        int value = digit(high) << 4 | digit(low);
        return value < 0 ? bad("a percent sign without two hex digits") : (byte) value;
    }

    /** Negative, also when shifted, for what is no hex digit. */
    private static int digit(byte letter) {
        return letter < 0 ? -1 : Character.digit((char) letter, 16);
    }

    private static byte bad(String what) throws Refusal {
        throw new Refusal(HttpStatus.BAD_REQUEST, "The request has " + what + ".");
    }

    /** The path as it stands in a URI: whatever is not unreserved, or a slash, is encoded. */
    static String encode(String path) {
        StringBuilder out = new StringBuilder(path.length() + 16);
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            if ((b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || (b >= '0' && b <= '9')
                    || b == '/'
                    || b == '-'
                    || b == '.'
                    || b == '_'
                    || b == '~') {
                out.append((char) b);
            } else {
                out.append('%').append(HEX.charAt((b >> 4) & 0xf)).append(HEX.charAt(b & 0xf));
            }
        }
        return out.toString();
    }

    private static final String HEX = "0123456789ABCDEF";
}
