package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.TlsClientAuthentication;
import io.iocp.TlsOptions;
import io.iocp.spring.server.TcpServers;
import io.iocp.spring.tls.Certificates;
import io.iocp.spring.tls.ServerTls;
import io.iocp.spring.tls.TlsBundles;
import io.iocp.spring.tls.UnknownBundleException;
import io.iocp.spring.tls.UnusableBundleException;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** From properties to a server's TLS, and what is said when they are wrong. */
class TlsAutoConfigurationTests {
    @TempDir
    private Path directory;

    private ApplicationContextRunner application = new ApplicationContextRunner();

    @BeforeEach
    void configure() {
        Certificates.valid("one.example").writeTo(directory);
        application = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, IocpAutoConfiguration.class))
                .withPropertyValues(
                        "iocp.engine=nio",
                        "iocp.concurrency=1",
                        "iocp.servers.echo.port=0",
                        "spring.ssl.bundle.pem.web.keystore.certificate=" + directory.resolve("tls.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=" + directory.resolve("tls.key"));
    }

    @Test
    void whenABundleIsNamedThenTheServerHasTls() {
        application
                .withPropertyValues(
                        "iocp.servers.echo.ssl.bundle=web",
                        "iocp.servers.echo.ssl.handshake-timeout=3s",
                        "iocp.servers.echo.ssl.application-protocols=h2,http/1.1",
                        "iocp.servers.echo.ssl.server-name-bundles[0].server-name=*.Example.com",
                        "iocp.servers.echo.ssl.server-name-bundles[0].bundle=web")
                .run(context -> {
                    ServerTls tls = requireNonNull(tls(context));
                    assertThat(tls.handshakeTimeout()).isEqualTo(Duration.ofSeconds(3));
                    assertThat(tls.options().applicationProtocols()).containsExactly("h2", "http/1.1");
                    assertThat(tls.options().clientAuthentication()).isEqualTo(TlsClientAuthentication.NONE);
                    assertThat(tls.protocols()).contains("TLSv1.3", "TLSv1.2");
                    assertThat(tls.status().bundle()).isEqualTo("web");
                    assertThat(tls.serverNames()).containsOnlyKeys("*.example.com");
                });
    }

    @Test
    void whenNoBundleIsNamedThenTheServerHasNoTls() {
        application.run(context -> {
            assertThat(tls(context)).isNull();
            assertThat(context.getBean(TlsBundles.class).statuses()).isEmpty();
        });
    }

    @Test
    void whenClientsAreAuthenticatedThenTheTrustStoreSaysWhoTheyAre() {
        application
                .withPropertyValues(
                        "spring.ssl.bundle.pem.web.truststore.certificate=" + directory.resolve("tls.crt"),
                        "iocp.servers.echo.ssl.bundle=web",
                        "iocp.servers.echo.ssl.client-auth=need")
                .run(context -> assertThat(
                                requireNonNull(tls(context)).options().clientAuthentication())
                        .isEqualTo(TlsClientAuthentication.NEED));
    }

    @Test
    void whenClientsAreAuthenticatedWithoutATrustStoreThenStartFails() {
        for (String authentication : new String[] {"want", "need"}) {
            application
                    .withPropertyValues(
                            "iocp.servers.echo.ssl.bundle=web", "iocp.servers.echo.ssl.client-auth=" + authentication)
                    .run(context -> {
                        FailureAnalysis analysis = unusable(context);
                        assertThat(analysis.getDescription())
                                .contains("'web'", "'iocp.servers.echo.ssl.bundle'", "whom to trust");
                        assertThat(analysis.getAction())
                                .contains("spring.ssl.bundle.pem.web.truststore.certificate", "client-auth=none");
                    });
        }
    }

    @Test
    void whenTheBundleDoesNotExistThenStartFailsAndNamesThoseThatDo() {
        application.withPropertyValues("iocp.servers.echo.ssl.bundle=wob").run(context -> {
            FailureAnalysis analysis =
                    new UnknownBundleFailureAnalyzer().analyze(failureOf(context, UnknownBundleException.class));
            assertThat(requireNonNull(analysis).getDescription())
                    .contains("'iocp.servers.echo.ssl.bundle'", "'wob'", "does not exist");
            assertThat(analysis.getAction()).contains("(web)", "spring.ssl.bundle.pem.wob.keystore.certificate");
        });
    }

    @Test
    void whenABundleOfAServerNameDoesNotExistThenStartFails() {
        application
                .withPropertyValues(
                        "iocp.servers.echo.ssl.bundle=web",
                        "iocp.servers.echo.ssl.server-name-bundles[0].server-name=a.example.com",
                        "iocp.servers.echo.ssl.server-name-bundles[0].bundle=wob")
                .run(context -> assertThat(failureOf(context, UnknownBundleException.class))
                        .hasMessageContaining("iocp.servers.echo.ssl.server-name-bundles"));
    }

    @Test
    void whenThereAreNoBundlesAtAllThenStartFails() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues("iocp.engine=nio", "iocp.servers.echo.port=0", "iocp.servers.echo.ssl.bundle=web")
                .run(context -> assertThat(failureOf(context, UnknownBundleException.class))
                        .hasMessageContaining("'web'"));
    }

    @Test
    void whenTheMaterialCannotBeUsedThenStartFailsAndSaysWhy() {
        Certificates.expired().writeTo(directory);
        application.withPropertyValues("iocp.servers.echo.ssl.bundle=web").run(context -> {
            FailureAnalysis analysis = unusable(context);
            assertThat(analysis.getDescription()).contains("'web'", "'iocp.servers.echo.ssl.bundle'", "expired at");
            assertThat(analysis.getAction()).isNotBlank();
        });

        Certificates.write(directory.resolve("tls.crt"), "rubbish");
        application
                .withPropertyValues("iocp.servers.echo.ssl.bundle=web")
                .run(context -> assertThat(unusable(context).getDescription()).contains("cannot be read"));
    }

    @Test
    void whenAServersBundleHasNoKeyThenStartFails() {
        application
                .withPropertyValues(
                        "spring.ssl.bundle.pem.trust.truststore.certificate=" + directory.resolve("tls.crt"),
                        "iocp.servers.echo.ssl.bundle=trust")
                .run(context -> {
                    FailureAnalysis analysis = unusable(context);
                    assertThat(analysis.getDescription()).contains("no private key");
                    assertThat(analysis.getAction()).contains("spring.ssl.bundle.pem.trust.keystore.certificate");
                });
    }

    @Test
    void whenOtherKeysAreSetWithoutABundleThenTheServerDoesNotListenInPlainText() {
        for (String property : new String[] {
            "client-auth=need", "application-protocols=h2", "server-name-bundles[0].bundle=web",
        }) {
            assertInvalid("iocp.servers.echo.ssl.bundle", property);
        }
    }

    @Test
    void whenAValueMakesNoSenseThenStartFailsAndNamesTheKey() {
        assertInvalid("ssl.handshake-timeout", "bundle=web", "handshake-timeout=0s");
        assertInvalid("ssl.server-name-bundles[0].server-name", "bundle=web", "server-name-bundles[0].bundle=web");
        assertInvalid(
                "ssl.server-name-bundles[0].server-name",
                "bundle=web",
                "server-name-bundles[0].server-name=a.*.com",
                "server-name-bundles[0].bundle=web");
        assertInvalid(
                "ssl.server-name-bundles[0].bundle", "bundle=web", "server-name-bundles[0].server-name=a.example.com");
        assertInvalid(
                "ssl.server-name-bundles[1].server-name",
                "bundle=web",
                "server-name-bundles[0].server-name=a.example.com",
                "server-name-bundles[0].bundle=web",
                "server-name-bundles[1].server-name=A.example.COM",
                "server-name-bundles[1].bundle=web");
    }

    private void assertInvalid(String key, String... properties) {
        ApplicationContextRunner with = application;
        for (String property : properties) {
            with = with.withPropertyValues("iocp.servers.echo.ssl." + property);
        }
        with.run(context -> assertThat(failureOf(context, InvalidConfigurationPropertyValueException.class))
                .hasMessageContaining(key));
    }

    @Test
    void whenAServerIsDisabledThenItsBundleIsNotAskedFor() {
        application
                .withPropertyValues("iocp.servers.echo.ssl.bundle=wob", "iocp.servers.echo.enabled=false")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void whenAProgramAsksForOptionsThenItGetsThemByBundle() {
        application.run(context -> {
            TlsBundles bundles = context.getBean(TlsBundles.class);
            TlsOptions client = bundles.client("web", "db.example.com", 5433);
            assertThat(client.isClient()).isTrue();
            assertThat(client.host()).isEqualTo("db.example.com");
            assertThat(bundles.server("web").isClient()).isFalse();
            assertThat(bundles.statuses()).hasSize(1);
            assertThat(ThrowableAssert.catchThrowable(() -> bundles.client("wob", "db.example.com", 5433)))
                    .isInstanceOf(UnknownBundleException.class);
        });
    }

    @Test
    void everyFailureAnalyzerIsFoundByBoot() {
        assertThat(SpringFactoriesLoader.forDefaultResourceLocation()
                        .load(FailureAnalyzer.class, (type, name, failure) -> {})) // others may need a context
                .hasAtLeastOneElementOfType(UnknownBundleFailureAnalyzer.class)
                .hasAtLeastOneElementOfType(UnusableBundleFailureAnalyzer.class);
    }

    private static FailureAnalysis unusable(AssertableApplicationContext context) {
        return requireNonNull(
                new UnusableBundleFailureAnalyzer().analyze(failureOf(context, UnusableBundleException.class)));
    }

    private static <T extends Throwable> T failureOf(AssertableApplicationContext context, Class<T> type) {
        assertThat(context).hasFailed();
        Throwable failure = context.getStartupFailure();
        while (failure != null && !type.isInstance(failure)) {
            failure = failure.getCause();
        }
        assertThat(failure).as("startup failure").isInstanceOf(type);
        return type.cast(requireNonNull(failure));
    }

    private static @Nullable ServerTls tls(AssertableApplicationContext context) {
        return requireNonNull(context.getBean(TcpServers.class).server("echo"))
                .settings()
                .tls();
    }
}
