package io.iocp.spring.actuate;

import java.util.Arrays;
import java.util.List;

/** What an event tells. The names are part of the endpoint's answer. */
enum EventType {
    POST_COMPLETION("postCompletion", Subject.KEY),
    HANDOVER("handover", Subject.PORT),
    BLOCKING_HANDLER("blockingHandler", Subject.PORT),
    ALL_BLOCKED("allBlocked", Subject.PORT),
    ENGINE_FALLBACK("engineFallback", Subject.PORT),
    REFUSED("refused", Subject.KEY),
    DRAIN("drain", Subject.PORT),
    SERVER_STARTED("serverStarted", Subject.SERVER),
    SERVER_STOPPED("serverStopped", Subject.SERVER),
    SERVER_PAUSED("serverPaused", Subject.SERVER),
    SERVER_RESUMED("serverResumed", Subject.SERVER),
    REJECTED("rejected", Subject.SERVER),
    SLOW_READER("slowReader", Subject.OWNER),
    DROPPED("dropped", Subject.OWNER),
    CLIENT_CONNECTED("clientConnected", Subject.CLIENT),
    CLIENT_LOST("clientLost", Subject.CLIENT),
    HANDLER_FAILED("handlerFailed", Subject.KEY),
    TLS_HANDSHAKE("tlsHandshake", Subject.SERVER),
    TLS_FAILED("tlsFailed", Subject.SERVER),
    BUNDLE_APPLIED("bundleApplied", Subject.BUNDLE),
    BUNDLE_REFUSED("bundleRefused", Subject.BUNDLE),
    BUNDLE_STALE("bundleStale", Subject.BUNDLE),
    UNCLAIMED("unclaimed", Subject.KEY);

    /** What the event's key names. */
    enum Subject {
        /** A completion key. */
        KEY,
        /** Nothing: the event is the port's. */
        PORT,
        SERVER,
        CLIENT,
        /** The server or client of a connection. */
        OWNER,
        BUNDLE
    }

    private final String text;
    private final Subject subject;

    EventType(String text, Subject subject) {
        this.text = text;
        this.subject = subject;
    }

    static List<String> names() {
        return Arrays.stream(values()).map(EventType::toString).toList();
    }

    /** Whether its key may be the name of a server. */
    boolean isOfServer() {
        return subject == Subject.SERVER || subject == Subject.OWNER;
    }

    /** Whether its key may be the name of a client. */
    boolean isOfClient() {
        return subject == Subject.CLIENT || subject == Subject.OWNER;
    }

    @Override
    public String toString() {
        return text;
    }
}
