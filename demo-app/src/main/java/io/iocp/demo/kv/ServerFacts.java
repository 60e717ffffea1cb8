package io.iocp.demo.kv;

import java.time.Instant;

/**
 * What INFO and CONFIG GET tell of the server around the service, asked anew each time.
 *
 * <p>Thread: any.
 */
public interface ServerFacts {

    /** When the server started. */
    Instant startedAt();

    /** The TCP port that the service listens on. */
    int tcpPort();

    /** The engine of the completion port: {@code io-uring} or {@code nio}. */
    String engine();

    /** Why it is that engine. */
    String engineReason();

    /** How many connections the server takes at most, 0 for no limit of its own. */
    int maxClients();

    /** Bytes of heap in use. */
    long usedMemoryBytes();

    /** Bytes of heap there can be. */
    long maxMemoryBytes();

    /** The id of the process. */
    long processId();
}
