package io.iocp.spring.framing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Text that stands for the bytes of a delimiter. */
public final class Delimiter {
    private Delimiter() {}

    /**
     * The bytes of {@code text}: its characters as UTF-8, and {@code \r}, {@code \n}, {@code \t}, {@code \0}, {@code \\} and
     * {@code \xNN}, a byte in hexadecimal.
     *
     * @throws IllegalArgumentException if there is an escape that is none of these, or no byte at all
     */
    public static byte[] parse(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = 0;
        while (at < text.length()) {
            int escape = text.indexOf('\\', at);
            int end = escape < 0 ? text.length() : escape;
            bytes.writeBytes(text.substring(at, end).getBytes(StandardCharsets.UTF_8));
            at = escape < 0 ? end : unescape(text, escape, bytes);
        }
        if (bytes.size() == 0) {
            throw new IllegalArgumentException("a delimiter needs a byte at least");
        }
        return bytes.toByteArray();
    }

    /** Returns where the text goes on. */
    private static int unescape(String text, int escape, ByteArrayOutputStream bytes) {
        char what = escape + 1 < text.length() ? text.charAt(escape + 1) : 0;
        if (what == 'x' && escape + 3 < text.length()) {
            int high = Character.digit(text.charAt(escape + 2), 16);
            int low = Character.digit(text.charAt(escape + 3), 16);
            if (high >= 0 && low >= 0) {
                bytes.write((high << 4) | low);
                return escape + 4;
            }
        }
        bytes.write(
                switch (what) {
                    case 'r' -> '\r';
                    case 'n' -> '\n';
                    case 't' -> '\t';
                    case '0' -> 0;
                    case '\\' -> '\\';
                    default ->
                        throw new IllegalArgumentException("'" + text.substring(escape)
                                + "' begins with no escape that is known: use \\r, \\n, \\t, \\0, \\\\ or \\xNN");
                });
        return escape + 2;
    }
}
