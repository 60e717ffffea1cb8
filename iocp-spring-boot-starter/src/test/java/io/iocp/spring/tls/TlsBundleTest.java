package io.iocp.spring.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.TlsClientAuthentication;
import io.iocp.TlsOptions;
import io.iocp.spring.tls.Certificates.Pair;
import io.iocp.spring.tls.TlsBundleStatus.State;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.core.io.ResourceLoader;

/** A bundle in use, given what Boot would deliver or swallow, with the test's own time. */
class TlsBundleTest {
    private static final Duration QUIET = Duration.ofSeconds(10);
    private static final Duration PATIENCE = QUIET.multipliedBy(2).plusSeconds(1);

    @TempDir
    private Path directory;

    private final ResourceLoader resources = ApplicationResourceLoader.get();
    private final PemSslBundleProperties pem = new PemSslBundleProperties();
    private final SslProperties properties = new SslProperties();
    private final List<TlsBundleStatus> events = new ArrayList<>();
    private Instant now = Instant.now();
    private long nanos;

    @BeforeEach
    void configure() {
        pem.getKeystore().setCertificate(location("tls.crt"));
        pem.getKeystore().setPrivateKey(location("tls.key"));
        pem.setReloadOnUpdate(true);
        properties.getBundle().getPem().put("web", pem);
        properties.getBundle().getWatch().getFile().setQuietPeriod(QUIET);
        one().writeTo(directory);
    }

    private String location(String name) {
        return directory.resolve(name).toUri().toString();
    }

    private static Pair one() {
        return Certificates.valid("one.example");
    }

    private static Pair two() {
        return Certificates.valid("two.example");
    }

    private TlsBundle inUse() {
        return new TlsBundle(
                "web",
                PropertiesSslBundle.get(pem, resources),
                TlsProvider.JDK,
                BundleFiles.of("web", properties, resources),
                () -> now,
                () -> nanos,
                event -> events.add(event.status()));
    }

    /** What Boot's watcher does once the files are at rest. */
    private void deliver(TlsBundle bundle) {
        bundle.update(PropertiesSslBundle.get(pem, resources));
    }

    private void wait(Duration time) {
        nanos += time.toNanos();
        now = now.plus(time);
    }

    @Test
    void shouldUseWhatWasDelivered() {
        TlsBundle bundle = inUse();
        TlsMaterial first = bundle.material();
        wait(Duration.ofSeconds(1));
        two().writeTo(directory);
        deliver(bundle);

        assertThat(bundle.material().context()).isNotSameAs(first.context());
        assertThat(bundle.material().chain()).containsExactly(two().certificate());
        TlsBundleStatus status = bundle.status();
        assertThat(status.state()).isEqualTo(State.CURRENT);
        assertThat(status.subject()).isEqualTo("CN=two.example");
        assertThat(status.notAfter())
                .isEqualTo(two().certificate().getNotAfter().toInstant());
        assertThat(status.appliedAt()).isEqualTo(now);
        assertThat(status.cause()).isNull();
        assertThat(events).containsExactly(status);
        // Nothing is left to be found in the files.
        wait(PATIENCE);
        bundle.review();
        assertThat(bundle.status()).isEqualTo(status);
    }

    @Test
    void shouldKeepItsSessionsWhenTheSameIsDeliveredAgain() {
        TlsBundle bundle = inUse();
        TlsMaterial first = bundle.material();
        deliver(bundle);
        assertThat(bundle.material()).isSameAs(first);
        assertThat(events).isEmpty();
    }

    @Test
    void shouldRefuseAKeyOfAnotherCertificate() {
        assertRefused(one().with(two()), "does not match", "issued for each other");
    }

    @Test
    void shouldRefuseAnExpiredCertificate() {
        assertRefused(Certificates.expired(), "'CN=expired' expired at", "valid now");
    }

    private void assertRefused(Pair broken, String cause, String remedy) {
        TlsBundle bundle = inUse();
        TlsMaterial first = bundle.material();
        broken.writeTo(directory);
        deliver(bundle);

        assertThat(bundle.material()).isSameAs(first);
        TlsBundleStatus refused = bundle.status();
        assertThat(refused.state()).isEqualTo(State.REFUSED);
        assertThat(refused.cause()).contains(cause);
        assertThat(refused.remedy()).contains(remedy);
        assertThat(refused.subject()).isEqualTo("CN=one.example");
        assertThat(events).containsExactly(refused);
        // It is known why: that the files differ from what is in use is no news.
        bundle.review();
        wait(PATIENCE);
        bundle.review();
        assertThat(events).hasSize(1);

        two().writeTo(directory);
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.CURRENT);
        assertThat(bundle.status().cause()).isNull();
        assertThat(bundle.material().chain()).containsExactly(two().certificate());
    }

    @Test
    void shouldRefuseAChainInTheWrongOrder() {
        TlsBundle bundle = inUse();
        Certificates.write(directory.resolve("tls.crt"), two().certificatePem() + one().certificatePem());
        deliver(bundle);
        assertThat(bundle.status().cause()).contains("chain is not valid");
        assertThat(bundle.status().remedy()).contains("of the key first");
    }

    @Test
    void shouldUseWhatCameTooEarlyOnceItIsValid() {
        TlsBundle bundle = inUse();
        Certificates.notYetValid().writeTo(directory);
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.REFUSED);
        assertThat(bundle.status().cause()).contains("not valid before");

        wait(Duration.ofDays(1));
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.REFUSED);

        wait(Duration.ofDays(2));
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.CURRENT);
        assertThat(bundle.status().subject()).isEqualTo("CN=not-yet-valid");
    }

    @Test
    void shouldRefuseWhatCannotBeRead() throws IOException {
        TlsBundle bundle = inUse();
        Certificates.write(
                directory.resolve("tls.crt"), "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n");
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.REFUSED);
        assertThat(bundle.status().cause()).contains("cannot be read");

        Certificates.write(directory.resolve("tls.crt"), "");
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.REFUSED);

        Files.delete(directory.resolve("tls.crt"));
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.REFUSED);
        assertThat(bundle.status().cause()).contains("tls.crt");
        assertThat(bundle.status().subject()).isEqualTo("CN=one.example");
    }

    @Test
    void shouldRefuseToLoseWhatAServerNeeds() {
        pem.getTruststore().setCertificate(location("ca.crt"));
        Certificates.write(directory.resolve("ca.crt"), one().certificatePem());
        TlsBundle bundle = inUse();
        bundle.needKey();
        bundle.needTrust();

        pem.getTruststore().setCertificate(null);
        deliver(bundle);
        assertThat(bundle.status().cause()).contains("whom to trust");

        pem.getTruststore().setCertificate(location("ca.crt"));
        pem.getKeystore().setCertificate(null);
        pem.getKeystore().setPrivateKey(null);
        deliver(bundle);
        assertThat(bundle.status().cause()).contains("no private key");
        assertThat(bundle.material().hasKey()).isTrue();
    }

    @Test
    void shouldRefuseOptionsThatSuitNobody() {
        TlsBundle bundle = inUse();
        pem.getOptions().setEnabledProtocols(Set.of("TLSv9"));
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.REFUSED);
        assertThat(bundle.status().cause()).contains("handshake with itself", "TLSv9");
        assertThat(bundle.status().remedy()).contains("options.enabled-protocols");
    }

    @Test
    void shouldBeUnusableAtTheStartIfItIsBroken() {
        one().with(two()).writeTo(directory);
        assertThatThrownBy(this::inUse)
                .isInstanceOf(UnusableBundleException.class)
                .hasMessageContaining("'web'")
                .hasMessageContaining("does not match");
    }

    @Test
    void shouldAuthenticateNobodyWithoutATrustStore() throws SSLException {
        BundleEngines engines = new BundleEngines(inUse(), Map.of());
        TlsOptions options = TlsOptions.server(engines);
        assertThat(engines.engine(options, null).getNeedClientAuth()).isFalse();
        assertThatThrownBy(() -> engines.engine(options.withClientAuthentication(TlsClientAuthentication.NEED), null))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("'web'")
                .hasMessageContaining("trust store");
    }

    @Test
    void shouldPreferWhatAProgramSaysToTheOptionsOfTheBundle() throws SSLException {
        pem.getOptions().setEnabledProtocols(Set.of("TLSv1.3"));
        BundleEngines engines = new BundleEngines(inUse(), Map.of());
        TlsOptions client = TlsOptions.client(engines, "db.example.com", 5433);
        assertThat(engines.engine(client, null).getEnabledProtocols()).containsExactly("TLSv1.3");
        assertThat(engines.engine(client, null).getUseClientMode()).isTrue();
        assertThat(engines.engine(client, null).getPeerHost()).isEqualTo("db.example.com");
        assertThat(engines.engine(client.withProtocols("TLSv1.2"), null).getEnabledProtocols())
                .containsExactly("TLSv1.2");
    }

    // ---- what Boot swallows

    @Test
    void shouldFindWhatWasNeverDelivered() throws IOException {
        TlsBundle bundle = inUse();
        bundle.review();
        Files.delete(directory.resolve("tls.key"));
        bundle.review();
        wait(QUIET);
        bundle.review();
        // Boot waits for the files to come to rest: it may still be delivered.
        assertThat(bundle.status().state()).isEqualTo(State.CURRENT);

        wait(PATIENCE.minus(QUIET));
        bundle.review();
        TlsBundleStatus stale = bundle.status();
        assertThat(stale.state()).isEqualTo(State.STALE);
        assertThat(stale.cause()).contains("tls.key");
        assertThat(stale.remedy()).contains("spring.ssl.bundle");
        bundle.review();
        assertThat(events).containsExactly(stale);

        two().writeTo(directory);
        deliver(bundle);
        assertThat(bundle.status().state()).isEqualTo(State.CURRENT);
    }

    @Test
    void shouldSayThatGoodFilesWereNotDelivered() {
        TlsBundle bundle = inUse();
        two().writeTo(directory);
        bundle.review();
        wait(PATIENCE);
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.STALE);
        assertThat(bundle.status().cause()).contains("has delivered nothing");
    }

    @Test
    void shouldBeCurrentAgainWhenTheFilesArePutBack() {
        TlsBundle bundle = inUse();
        Certificates.write(directory.resolve("tls.crt"), "");
        bundle.review();
        wait(PATIENCE);
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.STALE);

        one().writeTo(directory);
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.CURRENT);
        assertThat(events).extracting(TlsBundleStatus::state).containsExactly(State.STALE, State.CURRENT);
    }

    @Test
    void shouldWatchKeyStoresToo() throws Exception {
        Path store = directory.resolve("store.p12");
        JksSslBundleProperties jks = new JksSslBundleProperties();
        jks.getKeystore().setLocation(store.toUri().toString());
        jks.getKeystore().setPassword("secret");
        jks.setReloadOnUpdate(true);
        properties.getBundle().getPem().clear();
        properties.getBundle().getJks().put("web", jks);
        write(store, one());
        TlsBundle bundle = new TlsBundle(
                "web",
                PropertiesSslBundle.get(jks, resources),
                TlsProvider.JDK,
                BundleFiles.of("web", properties, resources),
                () -> now,
                () -> nanos,
                event -> events.add(event.status()));
        assertThat(bundle.material().chain()).containsExactly(one().certificate());

        write(store, two());
        bundle.update(PropertiesSslBundle.get(jks, resources));
        assertThat(bundle.material().chain()).containsExactly(two().certificate());

        Certificates.write(store, "rubbish");
        bundle.review();
        wait(PATIENCE);
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.STALE);
        assertThat(bundle.status().cause()).contains("store.p12");
    }

    private static void write(Path file, Pair pair) throws Exception {
        char[] secret = "secret".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("it", pair.key(), secret, new X509Certificate[] {pair.certificate()});
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, secret);
        }
    }

    @Test
    void shouldReadFilesOnlyWhenTheyHaveChanged() throws IOException {
        BundleFiles files = requireNonNull(BundleFiles.of("web", properties, resources));
        List<String> stamp = files.stamp();
        assertThat(files.stamp()).isEqualTo(stamp).hasSize(2);
        Files.delete(directory.resolve("tls.crt"));
        assertThat(files.stamp()).isNotEqualTo(stamp);
    }

    @Test
    void shouldLookAtNoFilesThatBootDoesNotWatch() {
        pem.setReloadOnUpdate(false);
        assertThat(BundleFiles.of("web", properties, resources)).isNull();
        assertThat(BundleFiles.of("other", properties, resources)).isNull();
        TlsBundle bundle = inUse();
        two().writeTo(directory);
        wait(PATIENCE);
        bundle.review();
        assertThat(bundle.status().state()).isEqualTo(State.CURRENT);
    }
}
