package io.iocp.spring.connection;

import java.io.Serial;
import java.util.Set;
import java.util.TreeSet;

/** A server or a client is to run on a completion port that does not exist. */
public class UnknownPortException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String owner;
    private final String key;
    private final String port;
    private final transient Set<String> known;

    /**
     * Names all that is needed to put it right.
     *
     * @param owner as in {@code server 'echo'}
     * @param key of the property that names the port
     */
    public UnknownPortException(String owner, String key, String port, Set<String> known) {
        super(owner + " is to run on the completion port '" + port + "', which does not exist; there are "
                + new TreeSet<>(known));
        this.owner = owner;
        this.key = key;
        this.port = port;
        this.known = new TreeSet<>(known);
    }

    /** As in {@code server 'echo'}. */
    public String owner() {
        return owner;
    }

    /** Key of the property that names the port. */
    public String key() {
        return key;
    }

    public String port() {
        return port;
    }

    /** The names of the ports that exist. */
    public Set<String> known() {
        return known;
    }
}
