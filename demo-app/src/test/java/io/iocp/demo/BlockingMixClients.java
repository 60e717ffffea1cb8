package io.iocp.demo;

import io.iocp.demo.echo.Turns;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;

/**
 * Clients of the echo service in profile {@code blocking}: in closed loop, each sends its next message when the last has come
 * back. Tells the messages whose handlers sleep from the others, and how long each kind took.
 *
 * <pre>{@code
 * java -cp demo-app/target/test-classes:demo-app/target/classes io.iocp.demo.BlockingMixClients 127.0.0.1 7007 200 5000
 * }</pre>
 *
 * <p>The comparison with other servers is in benchmarks/.
 */
public final class BlockingMixClients {
    private final int warmUp;
    private final EchoClients clients;
    private final Latencies others = new Latencies();
    private final Latencies sleepers = new Latencies();
    private long first = Long.MAX_VALUE;
    private long last;

    /** @param messages of each connection; the first fifth warms the server up and does not count */
    public BlockingMixClients(InetSocketAddress server, int connections, int messages) {
        warmUp = messages / 5;
        clients = new EchoClients(server, connections, messages, this::answered);
    }

    public static void main(String[] arguments) throws IOException {
        var server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        var mix = new BlockingMixClients(server, Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
        mix.run(Duration.ofMinutes(10));
        System.out.println(mix.figures());
    }

    /** Runs all clients to their end; every byte must come back, in order. */
    public void run(Duration timeout) throws IOException {
        clients.run(timeout, () -> {});
    }

    private void answered(int clientPort, int message, long nanos) {
        if (message < warmUp) {
            return;
        }
        last = System.nanoTime();
        first = Math.min(first, last);
        (Turns.sleeps(clientPort, message) ? sleepers : others).add(nanos);
    }

    Latencies others() {
        return others;
    }

    Latencies sleepers() {
        return sleepers;
    }

    String figures() {
        double seconds = Math.max(1, last - first) / 1e9;
        return String.format(
                Locale.ROOT,
                "%,.0f messages/s; the others: p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms; those that sleep: p50 %.2f ms, p99"
                        + " %.2f ms",
                (others.count() + sleepers.count()) / seconds,
                others.millis(0.5),
                others.millis(0.99),
                others.millis(0.999),
                sleepers.millis(0.5),
                sleepers.millis(0.99));
    }
}
