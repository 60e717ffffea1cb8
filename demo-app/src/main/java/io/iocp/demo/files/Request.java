package io.iocp.demo.files;

import org.jspecify.annotations.Nullable;

/**
 * The head of a request, read and found to be well-formed.
 *
 * @param path decoded and without empty, {@code .} and {@code ..} segments; begins with a slash, ends with one if the client's
 *     does. Empty for {@link RequestMethod#OTHER}, whose target is not looked at
 * @param query what follows the question mark, as it came; null without one
 * @param version of the client's HTTP
 * @param keepAlive whether the client wants to send more on this connection
 * @param bodyBytes how many bytes of a body follow; {@link #CHUNKED} if only the body says
 * @param expectsContinue the body comes only if the server asks for it
 */
record Request(
        RequestMethod method,
        String path,
        @Nullable String query,
        Version version,
        boolean keepAlive,
        long bodyBytes,
        boolean expectsContinue,
        Conditions conditions) {

    static final long CHUNKED = -1;

    enum Version {
        HTTP_1_0,
        /** And any later minor version, which must be understood likewise (RFC 9110, section 2.5). */
        HTTP_1_1
    }
}
