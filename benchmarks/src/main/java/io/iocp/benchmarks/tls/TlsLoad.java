package io.iocp.benchmarks.tls;

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
public record TlsLoad(int connections, int requestBytes, int answerBytes, boolean lasting, boolean resumed) {

    static TlsLoad handshakes(int connections, boolean resumed) {
        return new TlsLoad(connections, 1, 0, false, resumed);
    }

    static TlsLoad echo(int connections, int bytes) {
        return new TlsLoad(connections, bytes, 0, true, false);
    }

    static TlsLoad download(int connections, int answerBytes) {
        return new TlsLoad(connections, TlsAnswers.REQUEST_BYTES, answerBytes, true, false);
    }

    int expectedBytes() {
        return answerBytes == 0 ? requestBytes : answerBytes;
    }
}
