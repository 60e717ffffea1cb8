package io.iocp.spring.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.SecureConnection;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.IocpClientConnectionDetails;
import io.iocp.spring.client.ClientAddress;
import io.iocp.spring.client.ClientState;
import io.iocp.spring.client.ConnectOutcome;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.server.TcpServers;
import io.iocp.spring.tls.Certificates.Pair;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A client over TLS, mostly against a server of the same application. */
class TlsOfClientsTest {
    private static final Pair ONE = Certificates.valid("one.example");
    private static final Pair TWO = Certificates.valid("two.example");

    @TempDir
    private Path directory;

    private MountedSecret server = new MountedSecret(Path.of(""));
    private MountedSecret trust = new MountedSecret(Path.of(""));

    @BeforeEach
    void mount() throws Exception {
        server = new MountedSecret(Files.createDirectory(directory.resolve("server")));
        trust = new MountedSecret(Files.createDirectory(directory.resolve("trust")));
        server.put(ONE.files());
        trust.put(ONE.files());
    }

    @Configuration(proxyBeanMethods = false)
    static class Both {
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        final BlockingQueue<String> handshakes = new LinkedBlockingQueue<>();

        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }

        @IoCompletionHandler(client = "up")
        void received(String text) {
            received.add(text);
        }

        @IoCompletionHandler(client = "up", kinds = OperationKind.TLS_HANDSHAKE)
        void secured(SecureConnection connection, Status status) {
            handshakes.add(status + " " + connection.applicationProtocol());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnServer {
        @Bean
        IocpClientConnectionDetails address(ObjectProvider<TcpServers> servers) {
            return IocpClientConnectionDetails.of(
                    "up",
                    () -> ClientAddress.of(
                            "127.0.0.1",
                            requireNonNull(requireNonNull(servers.getObject().server("echo"))
                                            .localAddress())
                                    .getPort()));
        }
    }

    private ApplicationContextRunner application(EngineChoice engine) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, IocpAutoConfiguration.class))
                .withUserConfiguration(Both.class)
                .withPropertyValues(
                        "spring.ssl.bundle.pem.web.keystore.certificate=" + server.file("tls.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=" + server.file("tls.key"),
                        "spring.ssl.bundle.pem.web.reload-on-update=true",
                        "spring.ssl.bundle.pem.trust.truststore.certificate=" + trust.file("tls.crt"),
                        "spring.ssl.bundle.pem.trust.reload-on-update=true",
                        "spring.ssl.bundle.watch.file.quiet-period=100ms",
                        "iocp.servers.echo.port=0",
                        "iocp.servers.echo.address=127.0.0.1",
                        "iocp.servers.echo.ssl.bundle=web",
                        "iocp.servers.echo.ssl.application-protocols=kv/1",
                        "iocp.clients.up.ssl.bundle=trust",
                        "iocp.clients.up.ssl.application-protocols=kv/1",
                        "iocp.clients.up.reconnect.initial-delay=2ms",
                        "iocp.clients.up.reconnect.max-delay=20ms",
                        "iocp.concurrency=1",
                        "iocp.engine=" + engine);
    }

    private static TcpClient connected(ApplicationContext context) {
        TcpClient client = context.getBean(TcpClient.class);
        await().until(() -> client.connections(ClientState.UP) == 1);
        return client;
    }

    @EachEngine
    void shouldSpeakTls(EngineChoice engine) {
        application(engine).withUserConfiguration(OwnServer.class).run(context -> {
            connected(context).send("hello").get(20, TimeUnit.SECONDS);
            assertThat(context.getBean(Both.class).received.poll(20, TimeUnit.SECONDS))
                    .isEqualTo("hello");
            assertThat(context.getBean(Both.class).handshakes.poll(20, TimeUnit.SECONDS))
                    .isEqualTo("OK kv/1");
        });
    }

    @EachEngine
    void shouldNotTrustAServerOfAnotherNameUnlessItIsTo(EngineChoice engine) {
        ApplicationContextRunner other = application(engine)
                .withUserConfiguration(OwnServer.class)
                .withPropertyValues("iocp.clients.up.ssl.server-name=other.example");
        other.run(context -> {
            TcpClient client = context.getBean(TcpClient.class);
            await().until(() -> client.connects(ConnectOutcome.TLS_FAILED) >= 2);
            assertThat(client.connects(ConnectOutcome.SUCCESS)).isZero();
            assertThat(client.views().getFirst().lastFailure()).startsWith("tls-failed (");
        });
        other.withPropertyValues("iocp.clients.up.ssl.verify-host-name=false").run(TlsOfClientsTest::connected);
    }

    @EachEngine
    void shouldTrustWhatTheBundleTrustsAtTheTimeOfTheHandshake(EngineChoice engine) {
        application(engine).withUserConfiguration(OwnServer.class).run(context -> {
            TcpClient client = connected(context);
            server.put(TWO.files());
            await().until(() -> {
                // Each time the server may still show its old certificate.
                client.connectionViews().forEach(view -> client.closeConnection(view.id()));
                return client.connects(ConnectOutcome.TLS_FAILED) > 0;
            });
            trust.put(TWO.files());
            connected(context).send("hello").get(20, TimeUnit.SECONDS);
        });
    }

    @EachEngine
    void shouldGiveUpAHandshakeThatTakesTooLong(EngineChoice engine) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            application(engine)
                    .withPropertyValues(
                            "iocp.clients.up.host=127.0.0.1",
                            "iocp.clients.up.port=" + silent.getLocalPort(),
                            "iocp.clients.up.ssl.handshake-timeout=50ms")
                    .run(context -> {
                        TcpClient client = context.getBean(TcpClient.class);
                        await().until(() -> client.connections(ClientState.HANDSHAKING) == 1);
                        await().until(() -> client.connects(ConnectOutcome.TLS_FAILED) >= 2);
                    });
        }
    }
}
