package io.iocp.benchmarks.reads;

import io.iocp.benchmarks.measure.LoadProgram;
import io.iocp.benchmarks.measure.NativeTool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The same reads by a program in C that has nothing but the ring: what the kernel asks for. */
final class NativeBlockReader {
    private static final Pattern ANSWER = Pattern.compile("reads=(\\d+) nanos=(\\d+) cpu_nanos=(\\d+)\\s*");

    private final Path program;
    private final List<String> arguments;

    NativeBlockReader(Path file, boolean direct, int inFlight) throws IOException {
        program = NativeTool.compiled("block-reader");
        arguments = List.of(file.toString(), direct ? "direct" : "cached", Integer.toString(inFlight));
    }

    /** Starts the program, and waits for its end. */
    Reads readFor(long millis) throws IOException {
        List<String> command = List.of(
                program.toString(), arguments.get(0), arguments.get(1), arguments.get(2), Long.toString(millis));
        String said = LoadProgram.run("", () -> 0, command).output();
        Matcher answer = ANSWER.matcher(said);
        if (!answer.matches()) {
            throw new IOException(program + " said: " + said);
        }
        return new Reads(
                Long.parseLong(answer.group(1)), Long.parseLong(answer.group(2)), Long.parseLong(answer.group(3)));
    }
}
