package io.iocp.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * How a server process talks with whoever started it: says where it listens, answers each line of its input with its figures,
 * and ends with its input, so that none is left behind.
 *
 * <p>Pairs with {@link ServerProcess}.
 */
public final class Console {
    static final String LISTENING = "listening ";

    /** A line that asks for the memory in use, after a collection. */
    static final String FOOTPRINT = "footprint";

    static final String ALLOCATED = "allocated";
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Console() {}

    public static void serve(int port, Supplier<String> figures) throws IOException {
        IO.println(LISTENING + port);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            IO.println(
                    line.equals(FOOTPRINT)
                            ? Footprint.ofThisProcess()
                            : ALLOCATED + "=" + THREADS.getTotalThreadAllocatedBytes() + " " + figures.get());
        }
    }
}
