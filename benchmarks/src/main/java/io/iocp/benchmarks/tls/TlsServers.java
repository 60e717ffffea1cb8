package io.iocp.benchmarks.tls;

import io.iocp.benchmarks.measure.Candidate;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The TLS servers that are compared, and what all of them and all clients do alike. */
public final class TlsServers {
    static final String PORT = "port";
    static final String PORT_OPENSSL = "port, OpenSSL";
    static final List<String> NETTY = List.of("Netty epoll", "Netty io_uring");
    static final List<String> NETTY_OPENSSL = List.of("Netty epoll, OpenSSL", "Netty io_uring, OpenSSL");
    private static final String OPENSSL = "provider=openssl";

    private TlsServers() {}

    /** To be called before anything of Netty's TLS or the JDK's is touched. */
    static void prepare() {
        System.setProperty(TlsKeys.GROUPS_PROPERTY, TlsKeys.GROUPS);
        NettyTls.onlyWarnings();
    }

    static String agreed() {
        return "TLS 1.3, TLS_AES_128_GCM_SHA256, key share x25519, certificate ECDSA P-256. OpenSSL stands for BoringSSL of"
                + " netty-tcnative " + versionOfOpenSsl() + ", its absence for the JDK's own TLS.";
    }

    private static String versionOfOpenSsl() {
        Matcher jar =
                Pattern.compile("netty-tcnative-classes-([^/]+)[.]jar").matcher(System.getProperty("java.class.path"));
        return jar.find() ? jar.group(1) : "unknown";
    }

    static List<Candidate> all(String keys, String... more) {
        return Stream.of(
                        port(PORT, "engine=io_uring"),
                        port("port on NIO", "engine=nio"),
                        netty(NETTY.getFirst(), "transport=epoll"),
                        netty(NETTY.getLast(), "transport=io_uring"),
                        port(PORT_OPENSSL, "engine=io_uring", OPENSSL),
                        netty(NETTY_OPENSSL.getFirst(), "transport=epoll", OPENSSL),
                        netty(NETTY_OPENSSL.getLast(), "transport=io_uring", OPENSSL))
                .map(candidate -> candidate.with("keys=" + keys).with(more))
                .toList();
    }

    private static Candidate port(String name, String... arguments) {
        return Candidate.java(name, TlsPortServer.class, arguments);
    }

    private static Candidate netty(String name, String... arguments) {
        return Candidate.java(name, TlsNettyServer.class, arguments);
    }
}
