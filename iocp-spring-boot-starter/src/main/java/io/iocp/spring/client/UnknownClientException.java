package io.iocp.spring.client;

import java.io.Serial;
import java.util.Set;
import java.util.TreeSet;

/** A client is asked for that does not exist. */
public class UnknownClientException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String name;
    private final transient Set<String> known;

    public UnknownClientException(String name, Set<String> known) {
        super("there is no client '" + name + "'; there are " + new TreeSet<>(known));
        this.name = name;
        this.known = new TreeSet<>(known);
    }

    public String name() {
        return name;
    }

    /** The names of the clients that exist. */
    public Set<String> known() {
        return known;
    }
}
