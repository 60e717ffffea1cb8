package io.iocp.spring.framing;

import java.util.Set;
import java.util.TreeSet;

/** A server or client names a framing bean that does not exist. */
public final class UnknownFramingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String key;
    private final String name;

    @SuppressWarnings("serial") // a set of strings is
    private final Set<String> known;

    /**
     * @param key of the configuration property that names it
     * @param known names of the framing beans that there are
     */
    public UnknownFramingException(String key, String name, Set<String> known) {
        super("'" + key + "' names the framing bean '" + name + "', which does not exist; there are " + known);
        this.key = key;
        this.name = name;
        this.known = new TreeSet<>(known);
    }

    public String key() {
        return key;
    }

    public String name() {
        return name;
    }

    public Set<String> known() {
        return known;
    }
}
