package io.iocp.demo.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.FileSystemUtils;

class OwnCertificatesTest {

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
            .withInitializer(new OwnCertificates());

    @TempDir
    private Path directory;

    @Test
    void shouldMakeOneForThisHost() throws Exception {
        SelfSignedCertificate.start(directory, List.of("localhost", "127.0.0.1", "::1", "a.example"))
                .await();

        X509Certificate certificate = certificate(directory);
        assertThat(certificate.getSubjectAlternativeNames().stream().map(name -> (String) name.get(1)))
                .containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "a.example");
        certificate.verify(certificate.getPublicKey());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("tls.key"))))
                .isEqualTo("rw-------");
        try (var files = Files.list(directory)) {
            assertThat(files.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder("tls.crt", "tls.key");
        }
    }

    @Test
    void shouldProvideTwoBundlesByDefault() {
        application.run(context -> {
            SslBundles bundles = context.getBean(SslBundles.class);
            assertThat(bundles.getBundle("demo").createSslContext()).isNotNull();
            assertThat(bundles.getBundle("demo-second").createSslContext()).isNotNull();
            Path made = Path.of(file(context, "demo"));
            assertThat(certificate(made.resolveSibling(""))
                            .getSubjectX500Principal()
                            .getName())
                    .isEqualTo("CN=localhost");
            assertThat(certificate(made.resolveSibling("second"))
                            .getSubjectX500Principal()
                            .getName())
                    .isEqualTo("CN=second.localhost");
            // Only the end of a whole SpringApplication removes it.
            FileSystemUtils.deleteRecursively(made.resolveSibling(""));
        });
    }

    private static String file(AssertableApplicationContext context, String bundle) {
        return context.getEnvironment()
                .getRequiredProperty("spring.ssl.bundle.pem." + bundle + ".keystore.certificate");
    }

    @Test
    void shouldKeepThemInAConfiguredDirectory() throws Exception {
        String key = "demo.tls.directory=" + directory.resolve("kept");
        application.withPropertyValues(key).run(context -> assertThat(context).hasNotFailed());
        X509Certificate first = certificate(directory.resolve("kept"));

        application.withPropertyValues(key).run(context -> assertThat(context).hasNotFailed());

        assertThat(certificate(directory.resolve("kept"))).isEqualTo(first);
    }

    @Test
    void shouldLeaveABundleOfTheUserAlone() {
        SelfSignedCertificate.start(directory, List.of("user.example")).await();
        application
                .withPropertyValues(
                        "spring.ssl.bundle.pem.demo.keystore.certificate=" + directory.resolve("tls.crt"),
                        "spring.ssl.bundle.pem.demo.keystore.private-key=" + directory.resolve("tls.key"))
                .run(context -> {
                    assertThat(file(context, "demo"))
                            .isEqualTo(directory.resolve("tls.crt").toString());
                    assertThat(context.getBean(SslBundles.class).getBundleNames())
                            .containsExactly("demo");
                });
    }

    @Test
    void shouldMakeNoneWhereTlsIsOff() {
        application
                .withPropertyValues("demo.tls.enabled=false")
                .run(context -> assertThat(context.getBean(SslBundles.class).getBundleNames())
                        .isEmpty());
    }

    @Test
    void shouldSayWhatToDoWhereTheDirectoryCannotBeMade() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "in the way");
        FailureAnalysis analysis = analysisOf("demo.tls.directory=" + file.resolve("below"));

        assertThat(analysis.getDescription()).contains(file.toString());
        assertThat(analysis.getAction()).contains("demo.tls.enabled=false");
    }

    @Test
    void shouldSayWhatToDoWhereTheFilesAreOfNoUse() throws Exception {
        Files.writeString(directory.resolve("tls.crt"), "no certificate");
        FailureAnalysis analysis = analysisOf("demo.tls.directory=" + directory);

        assertThat(analysis.getAction()).contains("Remove", "tls.crt", "tls.key");
        assertThat(directory.resolve("tls.crt")).hasContent("no certificate");
    }

    @Test
    void shouldNotMakeAKeyForACertificateThatLacksIt() throws Exception {
        SelfSignedCertificate.start(directory, List.of("localhost")).await();
        Files.delete(directory.resolve("tls.key"));
        FailureAnalysis analysis = analysisOf("demo.tls.directory=" + directory);

        assertThat(analysis.getDescription()).contains("no readable key");
    }

    private FailureAnalysis analysisOf(String property) {
        List<FailureAnalysis> found = new ArrayList<>();
        application.withPropertyValues(property).run(context -> {
            Throwable failure = requireNonNull(context.getStartupFailure());
            found.add(requireNonNull(new NoCertificateFailureAnalyzer().analyze(failure)));
        });
        return found.getFirst();
    }

    private static X509Certificate certificate(Path directory) throws Exception {
        try (InputStream in = Files.newInputStream(directory.resolve("tls.crt"))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }
}
