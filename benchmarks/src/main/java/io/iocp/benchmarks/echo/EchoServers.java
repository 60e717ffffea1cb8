package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.NativeTool;
import java.io.IOException;
import java.util.List;

/** The echo servers that are compared, each with one event loop, shard or carrier thread unless told otherwise. */
public final class EchoServers {
    public static final String PORT = "port";
    public static final String PORT_NIO = "port on NIO";
    public static final String FLOOR = "C, io_uring";
    public static final String NETTY_NIO = "Netty NIO";
    private static final String PLAIN = "marks=false";

    private EchoServers() {}

    public static Candidate port(String... more) {
        return Candidate.java(PORT, PortEchoServer.class, PLAIN).with(more);
    }

    public static Candidate portOnNio(String... more) {
        return port("engine=nio").named(PORT_NIO).with(more);
    }

    /**
     * Netty.
     *
     * @param transport epoll, io_uring or nio
     */
    public static Candidate netty(String transport, String... more) {
        String name = transport.equals("nio") ? NETTY_NIO : "Netty " + transport;
        return Candidate.java(name, NettyEchoServer.class, PLAIN, "transport=" + transport)
                .with(more);
    }

    public static boolean isNetty(String candidate) {
        return candidate.startsWith("Netty");
    }

    public static Candidate virtualThreads() {
        return Candidate.java("virtual threads", VirtualThreadEchoServer.class, PLAIN);
    }

    /** What a server without a language, a library or a JVM around it takes: the limit. */
    public static Candidate floor() throws IOException {
        return Candidate.executable(FLOOR, NativeTool.compiled("echo-server"));
    }

    /** The port, and those who can come near to it. */
    public static List<Candidate> fastest() throws IOException {
        String one = "loops=1";
        return List.of(
                port("concurrency=1", "threads=1"),
                portOnNio("concurrency=1", "threads=1"),
                netty("epoll", one),
                netty("io_uring", one),
                netty("nio", one),
                floor());
    }
}
