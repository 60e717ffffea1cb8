package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.NativeTool;
import io.iocp.benchmarks.measure.ServerProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The echo servers that are compared, each with one event loop, shard or carrier thread unless told otherwise. */
public final class EchoServers {
    /** Connections, unless their number is the question. */
    static final int USUAL = 50;

    public static final String PORT = "port";
    public static final String PORT_NIO = "port on NIO";
    public static final String FLOOR = "C, io_uring";
    static final String SHARED = "C, shared io_uring";
    public static final String NETTY_NIO = "Netty NIO";
    private static final String PLAIN = "marks=false";
    private static final Set<String> FASTEST =
            Set.of(PORT, PORT_NIO, FLOOR, SHARED, NETTY_NIO, "Netty epoll", "Netty io_uring", "virtual threads");

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

    /** The limit for a server whose rings go from thread to thread, as the port's do when a handler blocks. */
    public static Candidate sharedFloor() throws IOException {
        return Candidate.executable(SHARED, NativeTool.compiled("echo-server"), "shared");
    }

    /** Closes all others, which only the usual load is asked of. */
    static void onlyTheFastest(Map<String, ServerProcess> servers) {
        servers.entrySet().removeIf(server -> {
            boolean slow = !FASTEST.contains(server.getKey());
            if (slow) {
                server.getValue().close();
            }
            return slow;
        });
    }

    /** All, the port first. */
    public static List<Candidate> all() throws IOException {
        List<Candidate> all = new ArrayList<>(fastest());
        all.addAll(List.of(
                asynchronousChannels(),
                Candidate.java("Reactor Netty, epoll", ReactorNettyEchoServer.class, "transport=epoll", "loops=1"),
                Candidate.java(
                        "Spring Integration",
                        SpringIntegrationEchoServer.class,
                        "style=net",
                        "handler=listener",
                        "bytes=64")));
        return all;
    }

    /** Those who can come near to the port, and it. */
    static List<Candidate> fastest() throws IOException {
        List<Candidate> fastest = new ArrayList<>(loops());
        fastest.addAll(List.of(virtualThreads(), floor(), sharedFloor()));
        return fastest;
    }

    /** Those that keep something for a connection on the heap. */
    static List<Candidate> ofTheJvm() {
        List<Candidate> some = new ArrayList<>(loops());
        some.addAll(List.of(virtualThreads(), asynchronousChannels()));
        return some;
    }

    private static List<Candidate> loops() {
        return List.of(
                port("concurrency=1", "threads=1"),
                portOnNio("concurrency=1", "threads=1"),
                netty("epoll", "loops=1"),
                netty("io_uring", "loops=1"),
                netty("nio", "loops=1"));
    }

    private static Candidate asynchronousChannels() {
        return Candidate.java("JDK asynchronous channels", AsynchronousChannelEchoServer.class, "threads=1");
    }
}
