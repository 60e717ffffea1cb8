package io.iocp.benchmarks.measure;

import java.io.IOException;

/** What a program calls itself. */
public final class Version {
    private Version() {}

    /** The first line that the command says, on either output. */
    public static String of(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var output = process.inputReader()) {
            String line = output.readLine();
            output.transferTo(java.io.Writer.nullWriter());
            return line == null ? "unknown" : line;
        }
    }
}
