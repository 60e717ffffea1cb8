package io.iocp.spring.actuate;

/** What an event tells. The names are part of the endpoint's answer. */
enum EventType {
    POST_COMPLETION("postCompletion"),
    HANDOVER("handover"),
    BLOCKING_HANDLER("blockingHandler"),
    ALL_BLOCKED("allBlocked"),
    ENGINE_FALLBACK("engineFallback"),
    REFUSED("refused"),
    DRAIN("drain"),
    SERVER_STARTED("serverStarted"),
    SERVER_STOPPED("serverStopped"),
    SERVER_PAUSED("serverPaused"),
    SERVER_RESUMED("serverResumed"),
    REJECTED("rejected"),
    SLOW_READER("slowReader"),
    DROPPED("dropped"),
    CLIENT_CONNECTED("clientConnected"),
    CLIENT_LOST("clientLost"),
    HANDLER_FAILED("handlerFailed"),
    TLS_HANDSHAKE("tlsHandshake"),
    TLS_FAILED("tlsFailed"),
    BUNDLE_APPLIED("bundleApplied"),
    BUNDLE_REFUSED("bundleRefused"),
    BUNDLE_STALE("bundleStale"),
    UNCLAIMED("unclaimed");

    private final String text;

    EventType(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
