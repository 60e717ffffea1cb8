package io.iocp;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Certificates for tests of TLS, made with the keytool of the running JDK, once in a run: an authority and those that it has
 * signed. No key outlives the process.
 *
 * <p>Each method that returns a context makes a new one, without sessions to resume.
 */
public final class TestCertificates {
    /** Bytes after which an end of the JDK's changes its key in the middle of the data, as it does after 128 GiB otherwise. */
    public static final int KEY_LIMIT_BYTES = 1 << 20;

    private static final char[] PASSWORD = "of no use to anybody".toCharArray();
    private static final String AUTHORITY = "authority";
    private static final String SERVER = "server";
    private static final String SECOND = "second";
    private static final String CLIENT = "client";
    private static final String EXPIRED = "expired";
    private static final String WILDCARD = "wildcard";

    private static final KeyStore STORE;

    static {
        // Read once, when the first context is made.
        Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding KeyUpdate 2^20, ChaCha20-Poly1305 KeyUpdate 2^20");
        try {
            STORE = make();
        } catch (IOException | GeneralSecurityException | InterruptedException e) {
            throw new AssertionError("no certificates for the tests", e);
        }
    }

    private TestCertificates() {}

    /** A server at {@code localhost} and 127.0.0.1, which accepts the client certificates of the authority. */
    public static SSLContext server() {
        return context(keys(SERVER), trust(AUTHORITY));
    }

    /** A server at {@code second.example}. */
    public static SSLContext second() {
        return context(keys(SECOND), trust(AUTHORITY));
    }

    /** A server at {@code *.wild.example}. */
    public static SSLContext wildcard() {
        return context(keys(WILDCARD), trust(AUTHORITY));
    }

    /** A server at {@code localhost} whose certificate was valid until some days ago. */
    public static SSLContext expired() {
        return context(keys(EXPIRED), trust(AUTHORITY));
    }

    /** A server at {@code localhost} that asks for whatever certificate there is, and then accepts none. */
    public static SSLContext distrustfulServer() {
        return context(keys(SERVER), new NoClients((X509ExtendedTrustManager) trust(AUTHORITY)[0]));
    }

    /** A client that trusts the authority, without a certificate. */
    public static SSLContext client() {
        return context(null, trust(AUTHORITY));
    }

    /** A client that trusts the authority, with a certificate for {@code CN=client}. */
    public static SSLContext clientWithCertificate() {
        return context(keys(CLIENT), trust(AUTHORITY));
    }

    /** A client that trusts none of the servers. */
    public static SSLContext stranger() {
        return context(null, trust(CLIENT));
    }

    /** As {@link #client()}; counts the servers whose certificates it has checked, which those of resumed sessions are not. */
    public static SSLContext client(AtomicInteger checks) {
        return context(null, new CountingTrust((X509ExtendedTrustManager) trust(AUTHORITY)[0], checks));
    }

    /** Of {@link #server()}. */
    public static X509Certificate serverCertificate() {
        return certificate(SERVER);
    }

    /** Of {@link #second()}. */
    public static X509Certificate secondCertificate() {
        return certificate(SECOND);
    }

    /** Of {@link #wildcard()}. */
    public static X509Certificate wildcardCertificate() {
        return certificate(WILDCARD);
    }

    /** Of {@link #clientWithCertificate()}. */
    public static X509Certificate clientCertificate() {
        return certificate(CLIENT);
    }

    private static X509Certificate certificate(String alias) {
        try {
            return (X509Certificate) STORE.getCertificate(alias);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static SSLContext context(KeyManager @Nullable [] keys, TrustManager... trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyManager[] keys(String alias) {
        try {
            KeyStore one = KeyStore.getInstance("PKCS12");
            one.load(null, null);
            one.setKeyEntry(alias, STORE.getKey(alias, PASSWORD), PASSWORD, STORE.getCertificateChain(alias));
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(one, PASSWORD);
            return factory.getKeyManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static TrustManager[] trust(String alias) {
        try {
            KeyStore one = KeyStore.getInstance("PKCS12");
            one.load(null, null);
            one.setCertificateEntry(alias, STORE.getCertificate(alias));
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(one);
            return factory.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    // ---- keytool

    private static KeyStore make() throws IOException, GeneralSecurityException, InterruptedException {
        Path directory = Files.createTempDirectory("test-certificates");
        Path store = directory.resolve("store.p12");
        try {
            generate(store, AUTHORITY, "CN=the tests' authority", "-ext", "bc:critical=ca:true");
            sign(store, SERVER, "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1,ip:0:0:0:0:0:0:0:1");
            sign(store, SECOND, "CN=second.example", "-ext", "san=dns:second.example");
            sign(store, WILDCARD, "CN=wild.example", "-ext", "san=dns:*.wild.example");
            sign(store, CLIENT, "CN=client", "-ext", "eku=clientAuth");
            sign(store, EXPIRED, "CN=localhost", "-ext", "san=dns:localhost", "-startdate", "-9d", "-validity", "2");
            KeyStore made = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                made.load(in, PASSWORD);
            }
            return made;
        } finally {
            Files.deleteIfExists(store);
            Files.deleteIfExists(directory);
        }
    }

    private static void sign(Path store, String alias, String name, String... more)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("-signer", AUTHORITY));
        all.addAll(Arrays.asList(more));
        generate(store, alias, name, all.toArray(String[]::new));
    }

    private static void generate(Path store, String alias, String name, String... more)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-Xshare:auto",
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD),
                "-alias",
                alias,
                "-dname",
                name));
        command.addAll(Arrays.asList(more));
        Path said = Files.createTempFile("keytool", ".txt");
        try {
            Process keytool = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!keytool.waitFor(60, TimeUnit.SECONDS)) {
                keytool.destroyForcibly();
                throw new AssertionError("keytool does not end");
            }
            if (keytool.exitValue() != 0) {
                throw new AssertionError("keytool: " + Files.readString(said));
            }
        } finally {
            Files.deleteIfExists(said);
        }
    }

    /** Trusts whom another one trusts, and counts how often it is asked about a server. */
    private static class CountingTrust extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager trust;
        private final AtomicInteger checks;

        CountingTrust(X509ExtendedTrustManager trust, AtomicInteger checks) {
            this.trust = trust;
            this.checks = checks;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            checks.incrementAndGet();
            trust.checkServerTrusted(chain, authType, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            checks.incrementAndGet();
            trust.checkServerTrusted(chain, authType, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            checks.incrementAndGet();
            trust.checkServerTrusted(chain, authType);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            trust.checkClientTrusted(chain, authType, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            trust.checkClientTrusted(chain, authType, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            trust.checkClientTrusted(chain, authType);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.getAcceptedIssuers();
        }
    }

    /** Names the authority, and trusts none of those that it has signed. */
    private static final class NoClients extends CountingTrust {
        NoClients(X509ExtendedTrustManager trust) {
            super(trust, new AtomicInteger());
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("no client is trusted here");
        }
    }
}
