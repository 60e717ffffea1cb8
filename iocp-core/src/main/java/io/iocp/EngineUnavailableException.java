package io.iocp;

import java.io.Serial;

/** The engine that was required cannot be used here. */
public class EngineUnavailableException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final String remedy;

    public EngineUnavailableException(String message, String reason, String remedy) {
        super(message + "; remedy: " + remedy);
        this.reason = reason;
        this.remedy = remedy;
    }

    /** What stands in the way. */
    public String reason() {
        return reason;
    }

    /** What helps. */
    public String remedy() {
        return remedy;
    }
}
