package io.iocp.spring.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.PortEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.actuate.IocpEventLogAutoConfiguration;
import io.iocp.spring.autoconfigure.actuate.IocpEventsEndpointAutoConfiguration;
import io.iocp.spring.autoconfigure.health.IocpHealthContributorAutoConfiguration;
import io.iocp.spring.health.IocpHealthContributor;
import io.iocp.spring.health.WholeHealth;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import io.iocp.spring.tls.Certificates.Pair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** A secret that is rotated as Kubernetes does it, under a running server, with Boot's own file watcher. */
class TlsReloadTest {
    private static final Pair ONE = Certificates.valid("one.example");
    private static final Pair TWO = Certificates.valid("two.example");

    @TempDir
    private Path directory;

    private MountedSecret secret = new MountedSecret(Path.of(""));

    @BeforeEach
    void mount() {
        secret = new MountedSecret(directory);
        secret.put(ONE.files());
    }

    /** Whose TLS the server has. */
    TlsProvider provider() {
        return TlsProvider.JDK;
    }

    private ApplicationContextRunner application() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SslAutoConfiguration.class,
                        IocpAutoConfiguration.class,
                        IocpHealthContributorAutoConfiguration.class,
                        IocpEventLogAutoConfiguration.class,
                        IocpEventsEndpointAutoConfiguration.class))
                .withBean(Echo.class)
                .withPropertyValues(
                        "management.endpoints.web.exposure.include=*",
                        "management.endpoints.jmx.exposure.include=*",
                        "spring.ssl.bundle.pem.web.keystore.certificate=" + secret.file("tls.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=" + secret.file("tls.key"),
                        "spring.ssl.bundle.pem.web.reload-on-update=true",
                        "spring.ssl.bundle.watch.file.quiet-period=100ms",
                        "iocp.ssl.provider=" + provider(),
                        "iocp.servers.echo.port=0",
                        "iocp.servers.echo.address=127.0.0.1",
                        "iocp.servers.echo.ssl.bundle=web",
                        "iocp.concurrency=1");
    }

    static class Echo {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @Test
    void shouldShowEachRotationToNewConnectionsAndKeepTheOldOnes() {
        application().run(context -> {
            SSLContext resuming = TlsClient.context(null);
            try (TlsClient old = TlsClient.connect(port(context), resuming, parameters -> {})) {
                assertThat(old.ask("hello")).isEqualTo("hello"); // and a session to resume
                for (String name : List.of("two.example", "three.example", "four.example")) {
                    Pair next = Certificates.valid(name);
                    secret.put(next.files());
                    await().until(() -> certificateOf(context).equals(next.certificate()));

                    assertThat(old.ask("hello")).isEqualTo("hello");
                    assertThat(old.serverCertificate()).isEqualTo(ONE.certificate());
                    assertThat(bundle(context).state()).isEqualTo(TlsBundleStatus.State.CURRENT);
                    assertThat(bundle(context).subject()).isEqualTo("CN=" + name);
                    try (TlsClient resumes = TlsClient.connect(port(context), resuming, parameters -> {})) {
                        // Not the session of before, whose trust may be another.
                        assertThat(resumes.serverCertificate()).isEqualTo(next.certificate());
                    }
                }
                assertThat(events(context, "bundleApplied")).hasSize(3);
            }
        });
    }

    static Stream<Arguments> broken() {
        Map<String, String> good = TWO.files();
        return Stream.of(
                Arguments.of("key of another certificate", ONE.with(TWO).files(), "does not match"),
                Arguments.of("expired", Certificates.expired().files(), "expired at"),
                Arguments.of("not yet valid", Certificates.notYetValid().files(), "not valid before"),
                Arguments.of(
                        "corrupt certificate",
                        Map.of(
                                "tls.crt",
                                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                "tls.key",
                                TWO.keyPem()),
                        "cannot be read"),
                Arguments.of(
                        "corrupt key", Map.of("tls.crt", TWO.certificatePem(), "tls.key", "rubbish"), "cannot be read"),
                Arguments.of("missing key", Map.of("tls.crt", TWO.certificatePem()), "tls.key"),
                Arguments.of("missing certificate", Map.of("tls.key", TWO.keyPem()), "tls.crt"),
                Arguments.of(
                        "empty certificate",
                        Map.of("tls.crt", "", "tls.key", requireNonNull(good.get("tls.key"))),
                        "cannot be read"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void shouldKeepWhatWorksWhenTheRotationIsBroken(String what, Map<String, String> files, String cause) {
        brokenAndHealed(application(), files, cause, "refused", "bundleRefused");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("swallowed")
    void shouldFindWhatBootSwallows(String what, Map<String, String> files, String cause) {
        // With this Boot's own watcher reads the files, and fails before it would call anybody.
        brokenAndHealed(
                application().withPropertyValues("spring.ssl.bundle.pem.web.keystore.verify-keys=true"),
                files,
                cause,
                "stale",
                "bundleStale");
    }

    static Stream<Arguments> swallowed() {
        return broken().filter(arguments ->
                        !List.of("expired", "not yet valid").contains(arguments.get()[0]))
                .map(arguments -> "key of another certificate".equals(arguments.get()[0])
                        ? Arguments.of(arguments.get()[0], arguments.get()[1], "matches none")
                        : arguments);
    }

    @Test
    void shouldTellOfWhatBootSwallowsAlsoIfNobodyAsks() {
        application()
                .withPropertyValues("spring.ssl.bundle.pem.web.keystore.verify-keys=true")
                .run(context -> {
                    secret.put(Map.of("tls.key", TWO.keyPem()));
                    await().until(() -> !events(context, "bundleStale").isEmpty());
                });
    }

    @Test
    void shouldBeOutOfServiceOnceTheCertificateInUseHasExpired() {
        application().run(context -> {
            Instant later = ONE.certificate().getNotAfter().toInstant().plusSeconds(1);
            IocpHealthContributor then = new IocpHealthContributor(
                    List.of(context.getBean(CompletionPort.class)),
                    context.getBean(TcpServers.class).servers(),
                    context.getBean(TlsBundles.class),
                    () -> later);
            Health health = WholeHealth.of(then);
            assertThat(health.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
            assertThat(health.getDetails().get("bundles")).asString().contains("expired=");
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
    }

    private void brokenAndHealed(
            ApplicationContextRunner application, Map<String, String> files, String cause, String state, String event) {
        application.run(context -> {
            try (TlsClient old = TlsClient.connect(port(context))) {
                secret.put(files);
                await().untilAsserted(() -> assertThat(details(context)).containsEntry("state", state));
                assertThat(details(context).get("cause")).asString().contains(cause);
                assertThat(details(context).get("remedy")).asString().isNotBlank();
                assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                assertThat(events(context, event)).hasSize(1).first().satisfies(told -> {
                    assertThat(told.key()).isEqualTo("web");
                    assertThat(told.port()).isNull();
                    assertThat(told.detail()).contains(cause, "stays in use", "remedy: ");
                });
                assertThat(certificateOf(context)).isEqualTo(ONE.certificate());
                assertThat(old.ask("hello")).isEqualTo("hello");

                Pair three = Certificates.valid("three.example");
                secret.put(three.files());
                await().until(() -> certificateOf(context).equals(three.certificate()));
                assertThat(details(context)).containsEntry("state", "current").doesNotContainKey("cause");
                assertThat(old.ask("hello")).isEqualTo("hello");
            }
        });
    }

    private static X509Certificate certificateOf(ApplicationContext context) throws IOException {
        try (TlsClient client = TlsClient.connect(port(context))) {
            assertThat(client.ask("hello")).isEqualTo("hello");
            return client.serverCertificate();
        }
    }

    private static TlsBundleStatus bundle(ApplicationContext context) {
        return context.getBean(TlsBundles.class).statuses().getFirst();
    }

    private static Health health(ApplicationContext context) {
        return WholeHealth.of(context.getBean(IocpHealthContributor.class));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> details(ApplicationContext context) {
        Map<String, @Nullable Map<String, Object>> bundles = (Map<String, @Nullable Map<String, Object>>)
                requireNonNull(health(context).getDetails().get("bundles"));
        return requireNonNull(bundles.get("web"));
    }

    private static List<PortEvent> events(ApplicationContext context, String type) {
        return context.getBean(EventLog.class).events().stream()
                .filter(event -> event.type().equals(type))
                .toList();
    }

    private static int port(ApplicationContext context) {
        TcpServer server = requireNonNull(context.getBean(TcpServers.class).server("echo"));
        return requireNonNull(server.localAddress()).getPort();
    }
}
