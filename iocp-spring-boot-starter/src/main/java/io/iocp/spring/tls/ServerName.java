package io.iocp.spring.tls;

import java.net.IDN;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Host names as clients send them (SNI, RFC 6066 section 3), and patterns of them. */
final class ServerName {
    private static final String WILDCARD = "*.";

    private ServerName() {}

    /**
     * As it is looked up: in lower case and ASCII, without the dot at the end.
     *
     * @param pattern a host name, or {@code *.} and one, which stands for any one label in front of it
     * @throws IllegalArgumentException if it is neither; says why
     */
    static String normalized(String pattern) {
        boolean wildcard = pattern.startsWith(WILDCARD);
        String host = wildcard ? pattern.substring(WILDCARD.length()) : pattern;
        String plain = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (plain.isBlank()) {
            throw new IllegalArgumentException("Must be a host name, or '*.' and one.");
        }
        if (plain.contains("*")) {
            throw new IllegalArgumentException(
                    "Must have no '*' but as its whole first label: '*.example.com' stands for 'a.example.com', not for"
                            + " 'a.b.example.com'.");
        }
        try {
            String ascii = IDN.toASCII(plain, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
            return wildcard ? WILDCARD + ascii : ascii;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Must be a host name, or '*.' and one: " + e.getMessage() + ".", e);
        }
    }

    /** The value of the name itself, else of the pattern that stands for it; null if there is none. */
    static <V> @Nullable V find(Map<String, V> byName, String name) {
        String plain = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        String host = plain.toLowerCase(Locale.ROOT);
        V exact = byName.get(host);
        if (exact != null) {
            return exact;
        }
        int dot = host.indexOf('.');
        return dot < 1 ? null : byName.get("*" + host.substring(dot));
    }
}
