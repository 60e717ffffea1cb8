package io.iocp.demo.tls;

/** There is no certificate for the TLS servers, and none could be made. */
public final class NoCertificateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    NoCertificateException(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    NoCertificateException(String message, String remedy, Throwable cause) {
        super(message + ": " + cause, cause);
        this.remedy = remedy;
    }

    /** What can be done about it. */
    public String remedy() {
        return remedy;
    }
}
