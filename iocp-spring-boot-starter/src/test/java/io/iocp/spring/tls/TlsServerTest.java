package io.iocp.spring.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.PortEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.actuate.IocpEventLogAutoConfiguration;
import io.iocp.spring.autoconfigure.actuate.IocpEventsEndpointAutoConfiguration;
import io.iocp.spring.autoconfigure.metrics.IocpMetricsAutoConfiguration;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.Replies;
import io.iocp.spring.server.RejectReason;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Servers with TLS from properties, seen by the JDK's TLS and by clients that have none, on both engines. */
class TlsServerTest {
    private static final Certificates.Pair ONE = Certificates.valid("one.example");
    private static final Certificates.Pair TWO = Certificates.valid("two.example");
    private static final Certificates.Pair CLIENT = Certificates.valid("client");

    @TempDir
    private Path directory;

    @BeforeEach
    void writeFiles() throws IOException {
        ONE.writeTo(Files.createDirectory(directory.resolve("web")));
        TWO.writeTo(Files.createDirectory(directory.resolve("other")));
        Certificates.write(directory.resolve("clients.crt"), CLIENT.certificatePem());
    }

    /** Whose TLS the server has. */
    TlsProvider provider() {
        return TlsProvider.JDK;
    }

    private ApplicationContextRunner application(EngineChoice engine, String... properties) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SslAutoConfiguration.class,
                        IocpAutoConfiguration.class,
                        IocpEventLogAutoConfiguration.class,
                        IocpEventsEndpointAutoConfiguration.class,
                        IocpMetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withPropertyValues(
                        "management.endpoints.web.exposure.include=*",
                        "management.endpoints.jmx.exposure.include=*",
                        "spring.ssl.bundle.pem.web.keystore.certificate=" + directory.resolve("web/tls.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=" + directory.resolve("web/tls.key"),
                        "spring.ssl.bundle.pem.web.truststore.certificate=" + directory.resolve("clients.crt"),
                        "spring.ssl.bundle.pem.other.keystore.certificate=" + directory.resolve("other/tls.crt"),
                        "spring.ssl.bundle.pem.other.keystore.private-key=" + directory.resolve("other/tls.key"),
                        "iocp.servers.echo.port=0",
                        "iocp.servers.echo.address=127.0.0.1",
                        "iocp.servers.echo.ssl.bundle=web",
                        "iocp.concurrency=2",
                        "iocp.ssl.provider=" + provider(),
                        "iocp.engine=" + engine)
                .withPropertyValues(properties);
    }

    static class Echo {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @EachEngine
    void shouldAnswerAsWithoutTls(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            try (TlsClient client = TlsClient.connect(port(context))) {
                for (int i = 0; i < 100; i++) {
                    assertThat(client.ask("hello")).isEqualTo("hello");
                }
                assertThat(client.serverCertificate()).isEqualTo(ONE.certificate());
                assertThat(client.socket().getSession().getProtocol()).isEqualTo("TLSv1.3");
            }
            await().until(() -> server(context).closed(CloseReason.PEER) == 1);
        });
    }

    @EachEngine
    void shouldTellOfHandshakesInMetersAndEvents(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            try (TlsClient client = TlsClient.connect(port(context))) {
                assertThat(client.ask("hello")).isEqualTo("hello");
                String cipher = client.socket().getSession().getCipherSuite();

                Timer timer = handshakes(context, "success");
                assertThat(timer.count()).isEqualTo(1);
                assertThat(timer.getId().getTag("protocol")).isEqualTo("TLSv1.3");
                assertThat(timer.getId().getTag("cipher")).isEqualTo(cipher);
                assertThat(timer.getId().getTag("server")).isEqualTo("echo");
                assertThat(timer.getId().getTag("port")).isEqualTo("default");
                PortEvent event = event(context, "tlsHandshake");
                assertThat(event.key()).isEqualTo("echo");
                assertThat(event.detail()).isEqualTo("TLSv1.3 " + cipher);
            }
        });
    }

    @EachEngine
    void shouldCloseWhatDoesNotSpeakTls(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            try (Socket plain = plain(context)) {
                plain.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
                plain.getInputStream().readAllBytes(); // an alert perhaps, then the end
            }
            await().until(() -> server(context).closed(CloseReason.TLS_FAILED) == 1);
            assertThat(handshakes(context, "failed").getId().getTag("protocol")).isEqualTo("none");
            assertThat(event(context, "tlsFailed").detail()).startsWith("failed: ");

            try (TlsClient client = TlsClient.connect(port(context))) {
                assertThat(client.ask("hello")).isEqualTo("hello");
            }
        });
    }

    @EachEngine
    void shouldTakeWhoLeavesWithoutAWordForNoFailure(EngineChoice engine) {
        application(engine).withBean(Echo.class).run(context -> {
            plain(context).close();
            await().until(() -> server(context).closed(CloseReason.PEER) == 1);
            assertThat(handshakes(context, "left").count()).isEqualTo(1);
            assertThat(context.getBean(EventLog.class).events())
                    .extracting(PortEvent::type)
                    .doesNotContain("tlsFailed");
        });
    }

    /** Answers with more than fits into the buffers of the sockets, and closes. */
    static class LongAnswer {
        static final int BYTES = 24 << 20;

        @IoCompletionHandler(server = "echo")
        void received(Replies replies) {
            replies.send(new byte[BYTES]);
            replies.closeWhenSent();
        }
    }

    @EachEngine
    void shouldSayGoodByeBehindALongAnswer(EngineChoice engine) {
        application(engine).withBean(LongAnswer.class).run(context -> {
            try (TlsClient client = TlsClient.connect(port(context))) {
                client.socket().getOutputStream().write('?');
                // All of it, and the end.
                assertThat(client.socket().getInputStream().readAllBytes()).hasSize(LongAnswer.BYTES);
            }
            await().until(() -> server(context).closed(CloseReason.APPLICATION) == 1);
        });
    }

    static class Ends {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

        @IoCompletionHandler(server = "echo")
        void received(Status status, @Nullable IOException failure) {
            if (status != Status.OK) {
                seen.add(status + " " + (failure instanceof SSLException));
            }
        }
    }

    @EachEngine
    void shouldTellAStreamThatWasCutOffFromOneThatHasEnded(EngineChoice engine) {
        application(engine).withBean(Ends.class).run(context -> {
            Ends ends = context.getBean(Ends.class);
            TlsClient.connect(port(context)).close();
            assertThat(ends.seen.poll(20, TimeUnit.SECONDS)).isEqualTo("EOF false");

            // Closed below the TLS, which therefore cannot say good-bye.
            try (Socket below = plain(context)) {
                SSLSocket above = (SSLSocket)
                        TlsClient.context(null).getSocketFactory().createSocket(below, "localhost", 1, false);
                above.startHandshake();
            }
            assertThat(ends.seen.poll(20, TimeUnit.SECONDS)).isEqualTo("TLS_ERROR true");
            await().until(() -> server(context).closed(CloseReason.TLS_FAILED) == 1);
        });
    }

    @EachEngine
    void shouldTakeVersionsAndCipherSuitesFromTheBundle(EngineChoice engine) {
        application(
                        engine,
                        "spring.ssl.bundle.pem.web.options.enabled-protocols=TLSv1.2",
                        "spring.ssl.bundle.pem.web.options.ciphers=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
                .withBean(Echo.class)
                .run(context -> {
                    try (TlsClient client = TlsClient.connect(port(context))) {
                        assertThat(client.ask("hello")).isEqualTo("hello");
                        Timer timer = handshakes(context, "success");
                        assertThat(timer.getId().getTag("protocol")).isEqualTo("TLSv1.2");
                        assertThat(timer.getId().getTag("cipher")).isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
                    }
                });
    }

    static class OneMethodForEach {
        @IoCompletionHandler(server = "echo", kinds = OperationKind.RECEIVE)
        String plain() {
            return "plain";
        }

        @IoCompletionHandler(server = "echo", kinds = OperationKind.TLS_RECEIVE)
        String secure(String text) {
            return "secure " + text;
        }
    }

    @EachEngine
    void shouldPreferAHandlerThatClaimsJustThisKind(EngineChoice engine) {
        application(engine).withBean(OneMethodForEach.class).run(context -> {
            try (TlsClient client = TlsClient.connect(port(context))) {
                client.socket().getOutputStream().write('x');
                assertThat(client.read(8)).isEqualTo("secure x");
            }
        });
    }

    @EachEngine
    void shouldCloseWhoStopsInMidHandshake(EngineChoice engine) {
        application(engine, "iocp.servers.echo.ssl.handshake-timeout=200ms")
                .withBean(Echo.class)
                .run(context -> {
                    try (Socket silent = plain(context)) {
                        silent.getOutputStream().write(new byte[] {22, 3, 1});
                        silent.getInputStream().readAllBytes();
                    }
                    await().until(() -> server(context).closed(CloseReason.TLS_FAILED) == 1);
                    assertThat(handshakes(context, "timed-out").count()).isEqualTo(1);
                });
    }

    static class Greeting {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

        @IoCompletionHandler(server = "echo", kinds = OperationKind.ACCEPT)
        String accepted(Connection connection, @Nullable SSLSession session) {
            seen.add("accept " + (connection instanceof SecureConnection) + " " + session);
            return "welcome\n";
        }

        @IoCompletionHandler(server = "echo", kinds = OperationKind.TLS_HANDSHAKE)
        String secured(SecureConnection connection, SSLSession session, @Nullable X509Certificate peer, Status status) {
            seen.add("handshake " + status + " " + session.getProtocol() + " " + connection.applicationProtocol() + " "
                    + connection.serverName() + " " + peer);
            return "secured\n";
        }

        @IoCompletionHandler(
                server = "echo",
                kinds = {OperationKind.RECEIVE, OperationKind.SEND})
        @Nullable
        String received(OperationKind kind, OverlappedIO packet, Status status) {
            seen.add(kind + " " + status);
            return kind == OperationKind.TLS_RECEIVE && status == Status.OK ? "bye" : null;
        }
    }

    @EachEngine
    void shouldSendTheGreetingBehindTheHandshakeAndBeforeEverythingElse(EngineChoice engine) {
        application(engine, "iocp.servers.echo.ssl.application-protocols=echo/2,echo/1")
                .withBean(Greeting.class)
                .run(context -> {
                    Greeting greeting = context.getBean(Greeting.class);
                    try (TlsClient client = TlsClient.connect(port(context), TlsClient.context(null), parameters -> {
                        parameters.setApplicationProtocols(new String[] {"echo/1"});
                        parameters.setServerNames(List.of(new SNIHostName("One.example")));
                    })) {
                        assertThat(client.read(16)).isEqualTo("welcome\nsecured\n");
                        assertThat(client.socket().getApplicationProtocol()).isEqualTo("echo/1");
                        client.socket().getOutputStream().write(1);
                        assertThat(client.read(3)).isEqualTo("bye");
                    }
                    await().until(() -> server(context).closed(CloseReason.PEER) == 1);
                    assertThat(greeting.seen.poll()).isEqualTo("accept true null");
                    assertThat(greeting.seen.poll()).isEqualTo("handshake OK TLSv1.3 echo/1 one.example null");
                    assertThat(greeting.seen)
                            .contains("TLS_SEND OK", "TLS_RECEIVE OK", "TLS_RECEIVE EOF")
                            .noneMatch(line -> line.startsWith("RECEIVE") || line.startsWith("SEND"));
                });
    }

    @EachEngine
    void shouldShowEachNameItsCertificate(EngineChoice engine) {
        application(
                        engine,
                        "iocp.servers.echo.ssl.server-name-bundles[0].server-name=*.two.example",
                        "iocp.servers.echo.ssl.server-name-bundles[0].bundle=other",
                        "iocp.servers.echo.ssl.server-name-bundles[1].server-name=a.two.example",
                        "iocp.servers.echo.ssl.server-name-bundles[1].bundle=web",
                        "iocp.servers.echo.ssl.server-name-bundles[2].server-name=two.example",
                        "iocp.servers.echo.ssl.server-name-bundles[2].bundle=other")
                .withBean(Echo.class)
                .run(context -> {
                    assertThat(certificateFor(context, "two.example")).isEqualTo(TWO.certificate());
                    assertThat(certificateFor(context, "B.TWO.example")).isEqualTo(TWO.certificate());
                    assertThat(certificateFor(context, "a.two.example")).isEqualTo(ONE.certificate());
                    assertThat(certificateFor(context, "a.b.two.example")).isEqualTo(ONE.certificate());
                    assertThat(certificateFor(context, "elsewhere.example")).isEqualTo(ONE.certificate());
                    try (TlsClient client = TlsClient.connect(port(context))) {
                        assertThat(client.serverCertificate()).isEqualTo(ONE.certificate());
                    }
                });
    }

    private static X509Certificate certificateFor(ApplicationContext context, String serverName) throws IOException {
        try (TlsClient client = TlsClient.connect(port(context), serverName)) {
            assertThat(client.ask("hello")).isEqualTo("hello");
            return client.serverCertificate();
        }
    }

    static class WhoIsThere {
        @IoCompletionHandler(server = "echo")
        String received(@Nullable Principal principal, @Nullable X509Certificate certificate) {
            return principal + " " + (certificate != null && certificate.equals(CLIENT.certificate())) + "\n";
        }
    }

    @EachEngine
    void shouldAskForACertificateIfOneIsWanted(EngineChoice engine) {
        application(engine, "iocp.servers.echo.ssl.client-auth=want")
                .withBean(WhoIsThere.class)
                .run(context -> {
                    assertThat(askedBy(context, null, "null false")).isTrue();
                    assertThat(askedBy(context, CLIENT, "CN=client true")).isTrue();
                    assertRefused(context, TWO);
                });
    }

    @EachEngine
    void shouldServeOnlyWhoHasACertificateIfOneIsNeeded(EngineChoice engine) {
        application(engine, "iocp.servers.echo.ssl.client-auth=need")
                .withBean(WhoIsThere.class)
                .run(context -> {
                    assertThat(askedBy(context, CLIENT, "CN=client true")).isTrue();
                    assertRefused(context, null);
                    assertRefused(context, TWO);
                    await().until(() -> server(context).closed(CloseReason.TLS_FAILED) == 2);
                });
    }

    private static boolean askedBy(ApplicationContext context, Certificates.@Nullable Pair own, String answer)
            throws IOException {
        try (TlsClient client = TlsClient.connect(port(context), TlsClient.context(own), parameters -> {})) {
            client.socket().getOutputStream().write('?');
            return client.read(answer.length()).equals(answer);
        }
    }

    private static void assertRefused(ApplicationContext context, Certificates.@Nullable Pair own) {
        // In TLS 1.3 a client learns that it was refused when it reads.
        assertThatThrownBy(() -> {
                    try (TlsClient client = TlsClient.connect(port(context), TlsClient.context(own), p -> {})) {
                        client.socket().getInputStream().read();
                    }
                })
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(SocketTimeoutException.class);
    }

    @EachEngine
    void shouldCloseIdleConnectionsWithACloseNotify(EngineChoice engine) {
        application(engine, "iocp.servers.echo.idle-timeout=200ms")
                .withBean(Echo.class)
                .run(context -> {
                    try (TlsClient client = TlsClient.connect(port(context))) {
                        assertThat(client.ask("hello")).isEqualTo("hello");
                        // Closed in good order.
                        assertThat(client.socket().getInputStream().read()).isEqualTo(-1);
                    }
                    await().until(() -> server(context).closed(CloseReason.IDLE) == 1);
                });
    }

    @EachEngine
    void shouldRefuseBeforeTheHandshakeWhatIsMoreThanMayBe(EngineChoice engine) {
        application(engine, "iocp.servers.echo.max-connections=1")
                .withBean(Echo.class)
                .run(context -> {
                    try (TlsClient first = TlsClient.connect(port(context))) {
                        assertThat(first.ask("hello")).isEqualTo("hello");
                        assertThatThrownBy(
                                        () -> TlsClient.connect(port(context)).close())
                                .isInstanceOf(IOException.class);
                        assertThat(server(context).rejected(RejectReason.MAX_CONNECTIONS))
                                .isEqualTo(1);
                    }
                    await().until(() -> server(context).connections() == 0);
                    try (TlsClient next = TlsClient.connect(port(context))) {
                        assertThat(next.ask("hello")).isEqualTo("hello");
                    }
                });
    }

    static class Slow {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch proceed = new CountDownLatch(1);

        @IoCompletionHandler(server = "echo", blocking = true)
        byte[] slow(byte[] data) throws InterruptedException {
            entered.countDown();
            assertThat(proceed.await(20, TimeUnit.SECONDS)).isTrue();
            return data;
        }
    }

    @EachEngine
    void shouldFinishWhatIsBeingHandledWhenItStops(EngineChoice engine) {
        application(engine).withBean(Slow.class).run(context -> {
            Slow slow = context.getBean(Slow.class);
            try (TlsClient busy = TlsClient.connect(port(context));
                    TlsClient idle = TlsClient.connect(port(context));
                    Socket handshaking = plain(context)) {
                busy.socket().getOutputStream().write("hello".getBytes(UTF_8));
                assertThat(slow.entered.await(20, TimeUnit.SECONDS)).isTrue();
                // A client is done with its handshake before the server is.
                await().until(() -> handshakes(context, "success").count() == 2);
                Thread closing = new Thread(context.getSourceApplicationContext()::close);
                closing.start();

                assertThat(idle.socket().getInputStream().read()).isEqualTo(-1);
                handshaking.getInputStream().readAllBytes();
                slow.proceed.countDown();
                assertThat(busy.read(5)).isEqualTo("hello");
                assertThat(busy.socket().getInputStream().read()).isEqualTo(-1);
                closing.join(20_000);
                assertThat(closing.isAlive()).isFalse();
            }
        });
    }

    @EachEngine
    void shouldServeAClientOfTheSamePortFromABundle(EngineChoice engine) {
        application(engine, "spring.ssl.bundle.pem.trusting.truststore.certificate=" + directory.resolve("web/tls.crt"))
                .withBean(Echo.class)
                .run(context -> {
                    CompletionPort port = context.getBean(CompletionPort.class);
                    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
                    SecureConnection client = port.openConnection(ConnectionOptions.defaults())
                            .secure(context.getBean(TlsBundles.class).client("trusting", "localhost", port(context)));
                    port.associate(client, "client", packet -> {
                        seen.add(packet.kind() + " " + packet.status());
                        switch (packet.kind()) {
                            case CONNECT -> client.handshake(new OverlappedIO());
                            case TLS_HANDSHAKE -> {
                                client.send(new OverlappedIO(), ByteBuffer.wrap("hello".getBytes(UTF_8)));
                                client.receive(new OverlappedIO());
                            }
                            default -> {}
                        }
                    });
                    client.connect(
                            new OverlappedIO(),
                            ConnectRequest.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(context))));
                    await().until(() -> seen.contains("TLS_RECEIVE OK"));
                    assertThat(seen).contains("CONNECT OK", "TLS_HANDSHAKE OK", "TLS_SEND OK");
                    client.close();
                });
    }

    private static Timer handshakes(ApplicationContext context, String outcome) {
        return context.getBean(MeterRegistry.class)
                .get("iocp.tls.handshakes")
                .tag("outcome", outcome)
                .timer();
    }

    private static PortEvent event(ApplicationContext context, String type) {
        return context.getBean(EventLog.class).events().stream()
                .filter(event -> event.type().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static TcpServer server(ApplicationContext context) {
        return requireNonNull(context.getBean(TcpServers.class).server("echo"));
    }

    private static int port(ApplicationContext context) {
        return requireNonNull(server(context).localAddress()).getPort();
    }

    private static Socket plain(ApplicationContext context) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(context));
        socket.setSoTimeout(20_000);
        return socket;
    }
}
