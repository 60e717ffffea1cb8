package io.iocp.demo.kv;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The clients that are connected, and what all of them sent, received and asked for in total.
 *
 * <p>Thread: any.
 */
final class Clients {

    private final AtomicLong lastId = new AtomicLong();
    private final Map<Long, Client> connected = new ConcurrentSkipListMap<>();
    private final LongAdder commands = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder bytesReceived = new LongAdder();
    private final LongAdder bytesReplied = new LongAdder();

    Client connect(String remoteAddress, String localAddress, long nowMillis) {
        Client client = new Client(lastId.incrementAndGet(), remoteAddress, localAddress, nowMillis);
        connected.put(client.id(), client);
        return client;
    }

    void disconnect(Client client) {
        connected.remove(client.id());
    }

    /** Those connected now, the oldest first. */
    Collection<Client> connected() {
        return connected.values();
    }

    /** How many ever connected. */
    long accepted() {
        return lastId.get();
    }

    void commandRan() {
        commands.increment();
    }

    void errorReplied() {
        errors.increment();
    }

    void moved(long received, long replied) {
        bytesReceived.add(received);
        bytesReplied.add(replied);
    }

    long commands() {
        return commands.sum();
    }

    long errors() {
        return errors.sum();
    }

    long bytesReceived() {
        return bytesReceived.sum();
    }

    long bytesReplied() {
        return bytesReplied.sum();
    }
}
