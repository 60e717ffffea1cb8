package io.iocp.spring.tls;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** An SSL bundle exists, but what is in it does not make a TLS connection. */
public class UnusableBundleException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String problem;
    private final String remedy;
    private @Nullable String namedBy;

    UnusableBundleException(String bundle, String problem, String remedy) {
        this(bundle, problem, remedy, null);
    }

    UnusableBundleException(String bundle, String problem, String remedy, @Nullable Throwable cause) {
        super("SSL bundle '" + bundle + "' cannot be used: " + problem, cause);
        this.bundle = bundle;
        this.problem = problem;
        this.remedy = remedy;
    }

    /** Adds the configuration property, or what else it is, that names the bundle. */
    UnusableBundleException namedBy(String property) {
        namedBy = property;
        return this;
    }

    public String bundle() {
        return bundle;
    }

    /** What is wrong with it. */
    public String problem() {
        return problem;
    }

    /** What to change. */
    public String remedy() {
        return remedy;
    }

    /** Who names the bundle, a configuration property in most cases; null if that is not known. */
    public @Nullable String namedBy() {
        return namedBy;
    }
}
