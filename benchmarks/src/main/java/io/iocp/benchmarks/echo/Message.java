package io.iocp.benchmarks.echo;

/**
 * What clients send and every server sends back unchanged: 64 bytes, of which the first says whether the server's handler is
 * to sleep before it answers. So the client decides, and all servers see the same mix.
 */
public final class Message {
    public static final int BYTES = 64;

    /** First byte of a message whose handler sleeps. */
    public static final byte SLEEP = 1;

    /** First byte of any other message. */
    public static final byte ANSWER = 0;

    private Message() {}
}
