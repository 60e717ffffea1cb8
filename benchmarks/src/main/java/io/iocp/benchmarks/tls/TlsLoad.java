package io.iocp.benchmarks.tls;

import java.time.Duration;

/**
 * What the TLS clients do. One operation is a request and its answer; where each gets a connection of its own, from the connect
 * to the answer.
 *
 * @param connections open at once, each with one request under way
 * @param requestBytes of each request
 * @param answerBytes of each answer; 0 if it is the request that comes back
 * @param lasting whether the connections stay; if not, each is closed after its first answer and another one connected
 * @param resumed whether a connection may take up the session of an earlier one
 */
public record TlsLoad(
        int connections, int requestBytes, int answerBytes, boolean lasting, boolean resumed, Duration measured) {

    static TlsLoad handshakes(int connections, boolean resumed, Duration measured) {
        return new TlsLoad(connections, 1, 0, false, resumed, measured);
    }

    static TlsLoad echo(int connections, int bytes, Duration measured) {
        return new TlsLoad(connections, bytes, 0, true, false, measured);
    }

    static TlsLoad download(int connections, int answerBytes, Duration measured) {
        return new TlsLoad(connections, TlsAnswers.REQUEST_BYTES, answerBytes, true, false, measured);
    }

    int expectedBytes() {
        return answerBytes == 0 ? requestBytes : answerBytes;
    }
}
