package io.iocp.spring.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.TlsOptions;
import io.netty.util.ReferenceCounted;
import java.io.File;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;

/** What is particular to engines of OpenSSL; that they serve like the JDK's shows {@link OpenSslServerTest}. */
class OpenSslEnginesTest {
    private static final String AES_128 = "TLS_AES_128_GCM_SHA256";
    private static final String OF_TLS_12 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

    private static SslBundle bundle(String... ciphers) {
        SslStoreBundle stores = new PemSslStoreBundle(
                PemSslStore.of(
                        List.of(Certificates.valid("one.example").certificate()),
                        Certificates.valid("one.example").key()),
                null);
        return SslBundle.of(stores, SslBundleKey.NONE, SslOptions.of(ciphers.length == 0 ? null : ciphers, null));
    }

    private static OpenSslEngines engines(String... ciphers) {
        return new OpenSslEngines(bundle(ciphers), List.of(), List.of(ciphers));
    }

    private static TlsMaterial material(TlsProvider provider, String... ciphers) {
        return new BundleCheck(InstantSource.system(), provider).check("web", bundle(ciphers));
    }

    private static TlsOptions server() throws Exception {
        return TlsOptions.server(SSLContext.getDefault());
    }

    @Test
    void whenAnEngineIsReleasedThenItsNativeMemoryGoes() throws Exception {
        OpenSslEngines engines = engines();
        TlsOptions options = server();
        ReferenceCounted context = (ReferenceCounted) engines.context(options);

        SSLEngine engine = engines.engine(options);
        assertThat(context.refCnt()).isEqualTo(2);
        OpenSslEngines.release(engine);

        assertThat(((ReferenceCounted) engine).refCnt()).isZero();
        assertThat(context.refCnt()).isEqualTo(1);
    }

    @Test
    void whenTheOptionsAreNotForOpenSslThenNoEngineIsLeftBehind() throws Exception {
        OpenSslEngines engines = engines();
        TlsOptions options = server().withProtocols("TLSv9");

        assertThatThrownBy(() -> engines.engine(options)).isInstanceOf(SSLException.class);

        assertThat(((ReferenceCounted) engines.context(options)).refCnt()).isEqualTo(1);
    }

    @Test
    void whenNobodyMakesEnginesAnyMoreThenTheNativeContextGoesWithTheLastOfThem() throws Exception {
        TlsOptions options = server();
        OpenSslEngines forgotten = engines();
        ReferenceCounted context = (ReferenceCounted) forgotten.context(options);
        SSLEngine last = forgotten.engine(options);
        forgotten = engines(); // another bundle's

        await().until(() -> {
            System.gc();
            return context.refCnt() == 1;
        });
        OpenSslEngines.release(last);

        assertThat(context.refCnt()).isZero();
        assertThat(forgotten.engine(options)).isNotNull();
    }

    @Test
    void whenListsOfApplicationProtocolsDifferThenSoDoTheContexts() throws Exception {
        OpenSslEngines engines = engines();
        TlsOptions plain = server();
        TlsOptions http = plain.withApplicationProtocols("h2", "http/1.1");

        assertThat(engines.context(http)).isNotSameAs(engines.context(plain));
        assertThat(engines.context(http)).isSameAs(engines.context(plain.withApplicationProtocols("h2", "http/1.1")));
    }

    @Test
    void whenOnlySomeCipherSuitesOfTls13AreWantedThenTheJdkIsTakenOrTheBundleRefused() throws Exception {
        assertThat(material(TlsProvider.AUTO, AES_128).engines().engine(server()))
                .isNotInstanceOf(ReferenceCounted.class);
        assertThatThrownBy(() -> material(TlsProvider.OPENSSL, AES_128))
                .isInstanceOf(UnusableBundleException.class)
                .hasMessageContaining("BoringSSL has all of them or none");
        assertThat(material(TlsProvider.AUTO).engines().engine(server().withCipherSuites(AES_128)))
                .isNotInstanceOf(ReferenceCounted.class);
    }

    @Test
    void whenCipherSuitesOfTls12AreWantedThenThereAreNoOthers() throws Exception {
        SSLEngine engine = material(TlsProvider.OPENSSL, OF_TLS_12).engines().engine(server());
        try {
            assertThat(engine.getEnabledCipherSuites()).containsExactly(OF_TLS_12);
        } finally {
            OpenSslEngines.release(engine);
        }
    }

    @Test
    void shouldBeTakenWhereItIsUnlessTheJdkIsWanted() throws Exception {
        assertThat(TlsProvider.OPENSSL.problem()).isNull();
        SSLEngine engine = material(TlsProvider.AUTO).engines().engine(server());
        assertThat(engine).isInstanceOf(ReferenceCounted.class);
        OpenSslEngines.release(engine);
        assertThat(material(TlsProvider.JDK).engines().engine(server())).isNotInstanceOf(ReferenceCounted.class);
    }

    @Test
    void whenItIsNotOnTheClassPathThenWhatIsMissingIsTold() throws Exception {
        assertThat(problemWithout("netty-handler")).contains("io.netty:netty-handler");
        assertThat(problemWithout("netty-tcnative")).contains("io.netty:netty-tcnative-boringssl-static");
    }

    @Test
    void whenItIsNotOnTheClassPathThenTheJdkIsTaken() throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(classPathWithout("netty"), ClassLoader.getPlatformClassLoader())) {
            Method made = loader.loadClass(WithoutNetty.class.getName()).getDeclaredMethod("made");
            made.setAccessible(true);
            assertThat(String.valueOf(made.invoke(null))).startsWith("sun.security.ssl.");
        }
    }

    /** Where there are no classes of Netty. */
    static final class WithoutNetty {
        private WithoutNetty() {}

        /** The class of an engine that was made and released. */
        static String made() throws Exception {
            SslStoreBundle stores = new PemSslStoreBundle(
                    PemSslStore.of(
                            List.of(Certificates.valid("one.example").certificate()),
                            Certificates.valid("one.example").key()),
                    null);
            TlsBundle bundle = new TlsBundle(
                    "web",
                    SslBundle.of(stores),
                    TlsProvider.AUTO,
                    null,
                    InstantSource.system(),
                    System::nanoTime,
                    event -> {});
            BundleEngines engines = new BundleEngines(bundle, Map.of());
            SSLEngine engine = engines.engine(TlsOptions.server(SSLContext.getDefault()), null);
            engines.release(engine);
            return engine.getClass().getName();
        }
    }

    private static String problemWithout(String artifact) throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(classPathWithout(artifact), ClassLoader.getPlatformClassLoader())) {
            Method whyNot = loader.loadClass(OpenSslPresence.class.getName()).getDeclaredMethod("whyNot");
            whyNot.setAccessible(true);
            return String.valueOf(whyNot.invoke(null));
        }
    }

    private static URL[] classPathWithout(String artifact) throws MalformedURLException {
        List<URL> left = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!entry.contains(artifact)) {
                left.add(Path.of(entry).toUri().toURL());
            }
        }
        return left.toArray(URL[]::new);
    }
}
