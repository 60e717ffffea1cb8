package io.iocp.benchmarks.blocking;

/**
 * What the clients do.
 *
 * @param connections open at once, each with one message under way at most
 * @param sleepOneIn one message in so many, chosen by chance, makes its handler sleep; 0 for none
 * @param perSecond messages that become due in a second, whatever the server does (open loop); 0 = each connection sends its
 *     next message when the last has come back (closed loop)
 */
public record Load(int connections, int sleepOneIn, int perSecond) {

    Load sleepingOneIn(int messages) {
        return new Load(connections, messages, perSecond);
    }
}
