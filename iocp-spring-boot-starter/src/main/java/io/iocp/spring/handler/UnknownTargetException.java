package io.iocp.spring.handler;

import java.io.Serial;
import java.util.Set;
import java.util.TreeSet;

/** A handler names a server, a client or a port that does not exist. */
public class UnknownTargetException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient HandlerEndpoint handler;
    private final transient Set<String> known;

    public UnknownTargetException(HandlerEndpoint handler, Set<String> known) {
        super(handler + " names the " + handler.target() + ", which does not exist; there are " + new TreeSet<>(known));
        this.handler = handler;
        this.known = new TreeSet<>(known);
    }

    public HandlerEndpoint handler() {
        return handler;
    }

    /** The names that exist. */
    public Set<String> known() {
        return known;
    }
}
