package io.iocp.demo.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.PackagedServer;
import io.iocp.demo.Program;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** haproxy in front of {@code kv}: who is at the other end is its client, if it is trusted. */
class HaproxyIT {
    private static final String CLIENT = "127.0.0.77";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    @EachEngine
    @Needs("haproxy")
    void handlersSeeTheClientOfATrustedProxyAndNobodyElseIsBelieved(EngineChoice engine) throws IOException {
        try (PackagedServer server = PackagedServer.start(
                engine,
                "--iocp.servers.kv.proxy-protocol=on",
                "--iocp.servers.kv.proxy-protocol-trusted=127.0.0.1/32")) {
            int kv = server.kvPort();
            int metrics = server.webPort();
            int[] ports = freePorts(3);
            Path configuration = directory.resolve("haproxy.cfg");
            Files.writeString(configuration, """
                    defaults
                      mode tcp
                      timeout connect 10s
                      timeout client 60s
                      timeout server 60s
                    listen v1
                      bind 127.0.0.1:%d
                      server kv 127.0.0.1:%d send-proxy
                    listen v2
                      bind 127.0.0.1:%d
                      server kv 127.0.0.1:%d send-proxy-v2 check inter 100ms
                    listen untrusted
                      bind 127.0.0.1:%d
                      source 127.0.0.9
                      server kv 127.0.0.1:%d send-proxy-v2
                    """.formatted(ports[0], kv, ports[1], kv, ports[2], kv));
            try (Program haproxy = Program.start("haproxy", "-db", "-f", configuration.toString())) {
                for (int port : new int[] {ports[0], ports[1]}) {
                    try (Socket client = connect(port, haproxy)) {
                        String info = ask(client, "CLIENT INFO\r\n");
                        assertThat(info).contains(" addr=" + CLIENT + ":" + client.getLocalPort() + " ");
                        assertThat(ask(client, "PING\r\n")).isEqualTo("+PONG");
                    }
                }
                assertThat(rejected(metrics)).isZero();
                try (Socket client = connect(ports[2], haproxy)) {
                    client.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
                    assertThat(readsNothing(client)).isTrue();
                }
                await().atMost(PATIENCE).until(() -> rejected(metrics) >= 1);
                assertThat(haproxy.isAlive()).as(haproxy.output()).isTrue();
            }
            // The proxy's own checks among them.
            assertThat(server.output()).doesNotContain("WARN", "ERROR", "Exception");
        }
    }

    private static Socket connect(int port, Program haproxy) {
        return await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(
                        () -> {
                            assertThat(haproxy.isAlive()).as(haproxy.output()).isTrue();
                            Socket socket = new Socket();
                            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(CLIENT), 0));
                            socket.setSoTimeout((int) PATIENCE.toMillis());
                            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                            return socket;
                        },
                        Socket::isConnected);
    }

    /** The first line of the reply, of a bulk reply its content. */
    private static String ask(Socket client, String command) throws IOException {
        client.getOutputStream().write(command.getBytes(StandardCharsets.US_ASCII));
        String line = line(client);
        if (line.startsWith("$")) {
            line = line(client);
            assertThat(line(client)).isEmpty(); // the end of the reply, behind that of the line
        }
        return line;
    }

    private static String line(Socket client) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = client.getInputStream().read();
                b != '\n';
                b = client.getInputStream().read()) {
            if (b < 0) {
                throw new IOException("end of stream behind '" + line + "'");
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    private static boolean readsNothing(Socket client) throws IOException {
        try {
            return client.getInputStream().read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    private static double rejected(int webPort) throws IOException {
        return Metrics.of(webPort)
                .sum("iocp_connections_rejected_total", "server=\"kv\"", "reason=\"proxy-untrusted\"");
    }

    private static int[] freePorts(int count) throws IOException {
        int[] ports = new int[count];
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            ports[i] = socket.getLocalPort();
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }
}
