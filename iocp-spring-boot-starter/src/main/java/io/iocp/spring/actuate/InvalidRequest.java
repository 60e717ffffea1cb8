package io.iocp.spring.actuate;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/** A request that cannot be answered as it is: what is wrong with it, and what helps. */
final class InvalidRequest extends InvalidEndpointRequestException {
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int LONGEST_SHOWN = 80;
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String cause;
    private final String remedy;

    private InvalidRequest(int status, String cause, String remedy) {
        super(cause, cause + "; remedy: " + remedy);
        this.status = status;
        this.cause = cause;
        this.remedy = remedy;
    }

    /** It is wrong in itself. */
    static InvalidRequest of(String cause, String remedy) {
        return new InvalidRequest(BAD_REQUEST, cause, remedy);
    }

    /** What it names does not exist. */
    static InvalidRequest notFound(String cause, String remedy) {
        return new InvalidRequest(NOT_FOUND, cause, remedy);
    }

    /** What it asks for cannot be done now. */
    static InvalidRequest conflict(String cause, String remedy) {
        return new InvalidRequest(CONFLICT, cause, remedy);
    }

    /** In quotes, short, and on one line. */
    static String quoted(String text) {
        return "'" + shown(text) + "'";
    }

    /** What somebody has sent, as it may be shown: short, and on one line. */
    static String shown(String text) {
        String shortened = text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
        StringBuilder shown = new StringBuilder();
        shortened.chars().forEach(c -> shown.append(Character.isISOControl(c) ? '?' : (char) c));
        return shown.toString();
    }

    int status() {
        return status;
    }

    Problem problem() {
        return new Problem(status, cause, remedy);
    }

    /**
     * The answer's body.
     *
     * @param status of HTTP
     * @param cause what is wrong
     * @param remedy what helps
     */
    public record Problem(int status, String cause, String remedy) {}
}
