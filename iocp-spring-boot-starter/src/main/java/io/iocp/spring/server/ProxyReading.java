package io.iocp.spring.server;

/** What the first bytes of a stream are, to somebody who looks for a {@link ProxyHeader}. */
sealed interface ProxyReading permits ProxyHeader, ProxyReading.Incomplete, ProxyReading.NoHeader, ProxyReading.Broken {

    /** They may be a header, and are not all of it. */
    record Incomplete() implements ProxyReading {}

    /** They are the beginning of something else. */
    record NoHeader() implements ProxyReading {}

    /** They begin as a header does, and go on as none may. */
    record Broken(String why) implements ProxyReading {}
}
