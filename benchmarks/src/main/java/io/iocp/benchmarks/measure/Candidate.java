package io.iocp.benchmarks.measure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server to be measured.
 *
 * @param name as it stands in the tables
 * @param program main class or path of an executable
 * @param isJava whether the program is a main class of this class path
 * @param arguments of the program
 */
public record Candidate(String name, String program, boolean isJava, List<String> arguments) {

    public static Candidate java(String name, Class<?> program, String... arguments) {
        return new Candidate(name, program.getName(), true, List.of(arguments));
    }

    public static Candidate executable(String name, Path program, String... arguments) {
        return new Candidate(name, program.toString(), false, List.of(arguments));
    }

    public Candidate named(String other) {
        return new Candidate(other, program, isJava, arguments);
    }

    public Candidate with(String... more) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        return new Candidate(name, program, isJava, all);
    }

    /** How to start it, without the class path. */
    public String command() {
        String simple = isJava
                ? program.substring(program.lastIndexOf('.') + 1)
                : program.substring(program.lastIndexOf('/') + 1);
        return (simple + " " + String.join(" ", arguments)).strip();
    }
}
