package io.iocp.benchmarks;

import java.util.List;

/**
 * A server to be measured.
 *
 * @param name as it stands in the tables
 * @param program its main class
 * @param arguments of the program
 */
record Candidate(String name, Class<?> program, List<String> arguments) {

    static Candidate port(String name, String... arguments) {
        return new Candidate(name, PortEchoServer.class, List.of(arguments));
    }

    static Candidate netty(String name, String... arguments) {
        return new Candidate(name, NettyEchoServer.class, List.of(arguments));
    }

    static Candidate virtualThreads() {
        return new Candidate("virtual threads, blocking sockets", VirtualThreadEchoServer.class, List.of());
    }

    /** How to start it, without the class path. */
    String command() {
        return program.getSimpleName() + " " + String.join(" ", arguments);
    }
}
