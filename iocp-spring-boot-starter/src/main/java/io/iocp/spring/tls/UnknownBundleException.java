package io.iocp.spring.tls;

import java.io.Serial;
import java.util.Collection;
import java.util.TreeSet;

/** An SSL bundle is named that does not exist. */
public class UnknownBundleException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String namedBy;
    private final transient Collection<String> known;

    UnknownBundleException(String bundle, String namedBy, Collection<String> known) {
        super(namedBy + " names the SSL bundle '" + bundle + "', which does not exist; there are "
                + new TreeSet<>(known));
        this.bundle = bundle;
        this.namedBy = namedBy;
        this.known = new TreeSet<>(known);
    }

    public String bundle() {
        return bundle;
    }

    /** Who names it, a configuration property in most cases. */
    public String namedBy() {
        return namedBy;
    }

    /** The names of the bundles that exist. */
    public Collection<String> known() {
        return known;
    }
}
