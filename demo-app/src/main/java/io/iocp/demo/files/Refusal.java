package io.iocp.demo.files;

/** A request that is answered with an error. Has no stack trace: the client is at fault, and it may be so a million times a second. */
@SuppressWarnings("serial") // never written anywhere
final class Refusal extends Exception {

    private final HttpStatus status;
    private final String reason;

    /** @param reason what the client should know, a sentence of ours that repeats nothing of the request */
    Refusal(HttpStatus status, String reason) {
        super(reason, null, false, false);
        this.status = status;
        this.reason = reason;
    }

    HttpStatus status() {
        return status;
    }

    String reason() {
        return reason;
    }
}
