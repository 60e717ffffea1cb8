package io.iocp.demo.kv;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes to a server from several connections until it is gone, remembers what it was told was written, and finds out later
 * what of that is there. It is a client like any other and knows nothing of how the server works.
 *
 * <p>Each connection writes keys that nobody else writes, with values that are never written twice. Some keys are written once,
 * others again and again: of those there must be the last value that was acknowledged, or a later one that was sent.
 */
final class AcknowledgedWrites {

    /** Written again and again by each connection. */
    private static final int COUNTERS = 10;

    private final long seed;
    private final Map<String, String> once = new ConcurrentHashMap<>();
    private final Map<String, Long> counters = new ConcurrentHashMap<>();
    private final Map<String, Long> sentCounters = new ConcurrentHashMap<>();
    private final List<String> refusals = Collections.synchronizedList(new ArrayList<>());
    private final List<Thread> writers = new ArrayList<>();
    private int started;

    AcknowledgedWrites(long seed) {
        this.seed = seed;
    }

    /** Begins to write over so many connections more, with up to so many commands under way on each. */
    void start(int port, int connections, int pipeline) {
        for (int i = 0; i < connections; i++) {
            int writer = started++;
            Thread thread = new Thread(() -> write(port, writer, pipeline), "writer-" + writer);
            thread.start();
            writers.add(thread);
        }
    }

    /** Waits until all connections have ended. */
    void awaitEnd() throws InterruptedException {
        for (Thread writer : writers) {
            writer.join(60_000);
            if (writer.isAlive()) {
                throw new AssertionError("a connection of a server that was killed is still open");
            }
        }
        writers.clear();
    }

    int acknowledged() {
        return once.size() + counters.size();
    }

    List<String> refusals() {
        return refusals;
    }

    /** One command that was sent and not yet answered. */
    private record Sent(String key, String value, long count) {}

    private void write(int port, int writer, int pipeline) {
        Random random = new Random(seed * 1_000_003 + writer);
        try (RespClient client = connect(port)) {
            long count = 0;
            while (true) {
                StringBuilder request = new StringBuilder();
                List<Sent> sent = new ArrayList<>();
                int commands = 1 + random.nextInt(pipeline);
                for (int i = 0; i < commands; i++) {
                    Sent next = command(random, writer, ++count);
                    if (next.count() != 0) {
                        sentCounters.put(next.key(), next.count());
                    }
                    request.append(
                            new String(Kv.request("SET", next.key(), next.value()), StandardCharsets.ISO_8859_1));
                    sent.add(next);
                }
                client.send(request.toString());
                for (Sent answered : sent) {
                    String reply = client.line();
                    if (reply.equals("+OK")) {
                        acknowledge(answered);
                    } else {
                        refusals.add(reply);
                    }
                }
            }
        } catch (IOException gone) {
            // The server was killed, which is what this waits for.
        }
    }

    private static Sent command(Random random, int writer, long count) {
        if (random.nextInt(4) == 0) {
            return new Sent("counter:" + writer + ":" + random.nextInt(COUNTERS), Long.toString(count), count);
        }
        String value = count + ":" + "v".repeat(random.nextInt(200)) + ":" + random.nextLong();
        return new Sent("once:" + writer + ":" + count, value, 0);
    }

    private void acknowledge(Sent sent) {
        if (sent.count() == 0) {
            once.put(sent.key(), sent.value());
        } else {
            counters.put(sent.key(), sent.count());
        }
    }

    /** Reads everything back, and returns what is not as it has to be. */
    List<String> missing(int port) throws IOException {
        List<String> missing = new ArrayList<>();
        try (RespClient client = connect(port)) {
            Map<String, String> found = read(client, new ArrayList<>(once.keySet()));
            once.forEach((key, value) -> {
                if (!value.equals(found.get(key))) {
                    missing.add(key + " is " + found.get(key) + " and not " + value);
                }
            });
            Map<String, String> counted = read(client, new ArrayList<>(counters.keySet()));
            counters.forEach((key, count) -> {
                String value = counted.get(key);
                long there = value == null ? -1 : Long.parseLong(value);
                if (there < count || there > sentCounters.getOrDefault(key, 0L)) {
                    missing.add(key + " is " + value + " and not at least " + count);
                }
            });
        }
        return missing;
    }

    private static Map<String, String> read(RespClient client, List<String> keys) throws IOException {
        Map<String, String> values = new HashMap<>();
        for (int from = 0; from < keys.size(); from += 100) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + 100));
            StringBuilder request = new StringBuilder();
            some.forEach(key -> request.append("GET ").append(key).append("\r\n"));
            client.send(request.toString());
            for (String key : some) {
                String header = client.line();
                if (!header.equals("$-1")) {
                    values.put(key, new String(client.bulkAfter(header), StandardCharsets.ISO_8859_1));
                }
            }
        }
        return values;
    }

    private static RespClient connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
        socket.setSoTimeout(60_000);
        socket.setTcpNoDelay(true);
        return new RespClient(socket);
    }
}
