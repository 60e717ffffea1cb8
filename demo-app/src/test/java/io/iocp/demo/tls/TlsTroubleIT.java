package io.iocp.demo.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.DemoServer;
import io.iocp.demo.Program;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** TLS servers that ask for certificates and have little patience, and clients that do not do what they should. */
class TlsTroubleIT {
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(1);

    @TempDir
    static Path directory;

    @BeforeAll
    static void makeCertificates() {
        List<SelfSignedCertificate> unfinished = List.of(
                SelfSignedCertificate.start(directory.resolve("server"), List.of("localhost")),
                SelfSignedCertificate.start(directory.resolve("client"), List.of("client")),
                SelfSignedCertificate.start(directory.resolve("stranger"), List.of("stranger")));
        unfinished.forEach(SelfSignedCertificate::await);
    }

    @AfterAll
    static void stop() {
        DemoServer.stopAll();
    }

    private static DemoServer server(EngineChoice engine) {
        return DemoServer.secure(
                engine,
                "--spring.ssl.bundle.pem.demo.keystore.certificate=" + certificate("server"),
                "--spring.ssl.bundle.pem.demo.keystore.private-key=" + key("server"),
                "--spring.ssl.bundle.pem.demo.truststore.certificate=" + certificate("client"),
                "--iocp.servers.echo-tls.ssl.client-auth=need",
                "--iocp.servers.kv-tls.ssl.handshake-timeout=" + HANDSHAKE_TIMEOUT.toMillis() + "ms");
    }

    private static Path certificate(String of) {
        return directory.resolve(of).resolve(SelfSignedCertificate.CERTIFICATE);
    }

    private static Path key(String of) {
        return directory.resolve(of).resolve(SelfSignedCertificate.KEY);
    }

    // ---- client certificates

    @EachEngine
    @Needs("openssl")
    void opensslWithTheRightCertificateIsLetIn(EngineChoice engine) {
        for (String version : List.of("-tls1_2", "-tls1_3")) {
            String printed = TlsClientsIT.echo(
                    server(engine),
                    version,
                    "-CAfile",
                    certificate("server").toString(),
                    "-cert",
                    certificate("client").toString(),
                    "-key",
                    key("client").toString());
            assertThat(printed).contains("Verify return code: 0 (ok)", "Acceptable client certificate CA names");
        }
    }

    @EachEngine
    @Needs("openssl")
    void opensslWithoutTheRightCertificateIsSentAway(EngineChoice engine) {
        DemoServer server = server(engine);
        for (String version : List.of("-tls1_2", "-tls1_3")) {
            for (List<String> shown : List.of(
                    List.<String>of(),
                    List.of(
                            "-cert",
                            certificate("stranger").toString(),
                            "-key",
                            key("stranger").toString()))) {
                List<String> command = new ArrayList<>(List.of(
                        "openssl",
                        "s_client",
                        "-ign_eof", // whatever its input does, it is the server that ends this
                        version,
                        "-connect",
                        "127.0.0.1:" + server.portNumber("echo-tls"),
                        "-CAfile",
                        certificate("server").toString()));
                command.addAll(shown);
                try (Program client = Program.start(command.toArray(String[]::new))) {
                    assertThat(client.await(Duration.ofSeconds(30)))
                            .as(client.output())
                            .isPositive();
                    assertThat(client.output()).contains(" alert ");
                }
            }
        }
        assertServes(server);
    }

    // ---- clients that do not speak TLS, or not to the end

    @EachEngine
    void garbageAndPlainTextAreSentAway(EngineChoice engine) throws Exception {
        DemoServer server = server(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        byte[] random = new byte[100_000];
        new Random(7443).nextBytes(random);
        Map<String, byte[]> garbage = new LinkedHashMap<>();
        garbage.put("random bytes", random);
        garbage.put("HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));
        garbage.put("RESP", "*1\r\n$4\r\nPING\r\n".getBytes(ISO_8859_1));
        garbage.put("SSH", "SSH-2.0-OpenSSH_9.2\r\n".getBytes(ISO_8859_1));
        garbage.put("a record that is too long", new byte[] {22, 3, 1, -1, -1, 1, 0, 0, 1});
        garbage.put("a handshake of random bytes", record(22, Arrays.copyOf(random, 512)));
        garbage.put("data before the handshake", record(23, Arrays.copyOf(random, 512)));
        garbage.put("an alert", record(21, new byte[] {2, 40}));
        garbage.put("an empty handshake record", record(22, new byte[0]));
        byte[] hello = clientHello();
        for (int at : new int[] {6, 9, 20, 60, hello.length - 20}) {
            byte[] damaged = hello.clone();
            damaged[at] ^= 0x55;
            garbage.put("a ClientHello that is wrong at " + at, damaged);
        }
        Map<String, Socket> clients = new LinkedHashMap<>();
        try {
            for (var entry : garbage.entrySet()) {
                Socket client = server.connect("kv-tls");
                clients.put(entry.getKey(), client);
                try {
                    client.getOutputStream().write(entry.getValue());
                } catch (SocketException e) {
                    // Reset while it was still sending: as good an end as any.
                }
            }
            for (var entry : clients.entrySet()) {
                awaitEnd(entry.getKey(), entry.getValue());
            }
        } finally {
            for (Socket client : clients.values()) {
                client.close();
            }
        }
        server.awaitUsage(before);
        assertServes(server);
    }

    private static byte[] record(int type, byte[] content) {
        return ByteBuffer.allocate(5 + content.length)
                .put((byte) type)
                .putShort((short) 0x0303)
                .putShort((short) content.length)
                .put(content)
                .array();
    }

    private static byte[] clientHello() throws Exception {
        SSLContext context = Trust.in(certificate("server"));
        SSLEngine client = context.createSSLEngine("localhost", 7443);
        client.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(client.getSession().getPacketBufferSize());
        client.wrap(ByteBuffer.allocate(0), hello);
        return Arrays.copyOf(hello.array(), hello.position());
    }

    /** Wherever it stops, and also if it sends a byte now and then: the time counts from the accept. */
    @EachEngine
    void clientsThatStopInTheMiddleOfTheHandshakeAreClosed(EngineChoice engine) throws Exception {
        DemoServer server = server(engine);
        DemoServer.Usage before = server.usageWithoutClients();
        byte[] hello = clientHello();
        int[] lengths = {0, 1, 5, 6, hello.length / 2, hello.length - 1, hello.length};
        Socket[] clients = new Socket[lengths.length];
        long start = System.nanoTime();
        try {
            for (int i = 0; i < clients.length; i++) {
                clients[i] = server.connect("kv-tls");
                clients[i].getOutputStream().write(hello, 0, lengths[i]);
            }
            for (int i = 0; i < clients.length; i++) {
                awaitEnd(lengths[i] + " bytes", clients[i]);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isGreaterThan(HANDSHAKE_TIMEOUT.multipliedBy(9).dividedBy(10));
        } finally {
            for (Socket client : clients) {
                if (client != null) {
                    client.close();
                }
            }
        }
        server.awaitUsage(before);
        assertThat(server.get("/actuator/prometheus"))
                .containsPattern(
                        "iocp_tls_handshakes_seconds_count\\{[^}]*outcome=\"timed-out\"[^}]*server=\"kv-tls\"");
        assertServes(server);
    }

    /** Reads until the server closes: an alert at most may come first, or the answer to a hello. */
    private static void awaitEnd(String what, Socket client) throws IOException {
        try {
            assertThat(client.getInputStream().readAllBytes()).as(what).hasSizeLessThan(8192);
        } catch (SocketException e) {
            // Reset, because what was sent was not read to its end.
        }
    }

    // ---- a slow network

    @EachEngine
    void oneByteAtATimeArrivesAsWell(EngineChoice engine) throws Exception {
        DemoServer server = server(engine);
        try (SlowRelay relay = new SlowRelay(server.address("kv-tls"));
                SSLSocket client = Trust.connect(relay.address(), certificate("server"))) {
            String value = "0123456789".repeat(300);
            client.getOutputStream()
                    .write(("*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n$3000\r\n" + value
                                    + "\r\n*2\r\n$3\r\nGET\r\n$4\r\nslow\r\n")
                            .getBytes(ISO_8859_1));
            byte[] answer = new byte["+OK\r\n$3000\r\n\r\n".length() + value.length()];
            new DataInputStream(client.getInputStream()).readFully(answer);
            assertThat(new String(answer, ISO_8859_1)).isEqualTo("+OK\r\n$3000\r\n" + value + "\r\n");
        }
        assertServes(server);
    }

    private static void assertServes(DemoServer server) {
        try (SSLSocket client = Trust.connect(server.address("kv-tls"), certificate("server"))) {
            client.getOutputStream().write("PING\r\n".getBytes(ISO_8859_1));
            byte[] answer = new byte["+PONG\r\n".length()];
            new DataInputStream(client.getInputStream()).readFully(answer);
            assertThat(new String(answer, ISO_8859_1)).isEqualTo("+PONG\r\n");
            assertThat(server.port().stats().handlerFailures()).isZero();
        } catch (IOException e) {
            throw new AssertionError("the server does not serve any more", e);
        }
    }
}
