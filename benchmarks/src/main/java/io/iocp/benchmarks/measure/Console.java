package io.iocp.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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

    private Console() {}

    public static void serve(int port, Supplier<String> figures) throws IOException {
        IO.println(LISTENING + port);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (input.readLine() != null) {
            IO.println(figures.get());
        }
    }
}
