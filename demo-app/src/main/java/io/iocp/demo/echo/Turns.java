package io.iocp.demo.echo;

/**
 * Decides which messages of a connection make their handler sleep: message <i>n</i>, counted from 0, if <i>n</i> plus the
 * client's port number is a multiple of 100. That is one in a hundred with any client, spread over the connections, and a
 * client that wants to can tell which ones.
 *
 * <p>Thread: the handler of the connection.
 */
public final class Turns {
    private static final int SLEEP_ONE_IN = 100;

    private final int clientPort;
    private int next;

    Turns(int clientPort) {
        this.clientPort = clientPort;
    }

    /** Whether the message that is being handled is one that sleeps; the following one is next. */
    boolean sleepsNow() {
        return sleeps(clientPort, next++);
    }

    /** Whether a message is one that sleeps. */
    public static boolean sleeps(int clientPort, int message) {
        return (clientPort + message) % SLEEP_ONE_IN == 0;
    }
}
