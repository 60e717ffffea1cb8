package io.iocp.spring.tls;

import io.iocp.TlsOptions;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;

/**
 * Makes material of a bundle, if it can be used: the key matches its certificate, every certificate of the chain is valid now,
 * and a handshake in memory succeeds. Boot itself delivers bundles that it has not looked into, and makes an {@code SSLContext}
 * of a key that matches no certificate without a complaint.
 *
 * <p>Thread: any. Reads the bundle's files, since Boot's bundles do so when they are asked for the first time.
 */
final class BundleCheck {
    /** What the key managers of the JDK are asked for. */
    private static final List<String> KEY_TYPES =
            List.of("RSA", "RSASSA-PSS", "EC", "EdDSA", "Ed25519", "Ed448", "DSA");

    private static final byte[] TO_SIGN = "does the key match the certificate?".getBytes(StandardCharsets.UTF_8);

    private record OwnKey(String alias, PrivateKey key, List<X509Certificate> chain) {}

    private static final Logger LOG = LoggerFactory.getLogger(BundleCheck.class);

    private final InstantSource clock;
    private final TlsProvider provider;

    BundleCheck(InstantSource clock, TlsProvider provider) {
        this.clock = clock;
        this.provider = provider;
    }

    /** @throws UnusableBundleException if it is of no use; says why and what to do */
    TlsMaterial check(String name, SslBundle bundle) {
        String identity = identity(name, bundle);
        List<OwnKey> keys = keys(name, bundle);
        keys.forEach(key -> check(name, key));
        SslOptions enabled = bundle.getOptions();
        List<String> protocols = listOf(enabled.getEnabledProtocols());
        List<String> ciphers = listOf(enabled.getCiphers());
        try {
            JdkEngines jdk = new JdkEngines(bundle.createSslContext(), protocols, ciphers);
            TlsMaterial material = new TlsMaterial(
                    jdk.context(),
                    jdk,
                    keys.isEmpty() ? List.of() : keys.getFirst().chain(),
                    isTrusting(bundle),
                    protocols,
                    ciphers,
                    identity);
            TlsOptions options = material.hasKey()
                    ? TlsOptions.server(jdk.context())
                    : TlsOptions.client(jdk.context(), "localhost", 0);
            if (provider != TlsProvider.OPENSSL) {
                TrialHandshake.run(material, jdk.engine(options));
            }
            return provider == TlsProvider.JDK || !OpenSslPresence.isUsable()
                    ? material
                    : withOpenSsl(name, material, jdk, new OpenSslEngines(bundle, protocols, ciphers), options);
        } catch (SSLException | RuntimeException e) {
            throw new UnusableBundleException(
                    name,
                    "a handshake with itself fails: " + messageOf(e),
                    "See that the key is strong enough, and that 'options.enabled-protocols' and 'options.ciphers' of the bundle"
                            + " suit it and this JVM ('jdk.tls.disabledAlgorithms').",
                    e);
        }
    }

    private TlsMaterial withOpenSsl(
            String name, TlsMaterial material, JdkEngines jdk, OpenSslEngines openSsl, TlsOptions options)
            throws SSLException {
        try {
            SSLEngine engine = openSsl.engine(options);
            try {
                TrialHandshake.run(material, engine);
            } finally {
                OpenSslEngines.release(engine);
            }
            return material.with(provider == TlsProvider.OPENSSL ? openSsl : new AutomaticEngines(openSsl, jdk));
        } catch (SSLException | RuntimeException e) {
            if (provider == TlsProvider.OPENSSL) {
                throw e;
            }
            LOG.info("SSL bundle '{}' is used with the JDK's TLS, since OpenSSL cannot: {}", name, messageOf(e));
            return material;
        }
    }

    /**
     * Something that is equal for bundles of equal content.
     *
     * @throws UnusableBundleException if the content cannot be read
     */
    static String identity(String name, SslBundle bundle) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            SslStoreBundle stores = bundle.getStores();
            String password = bundle.getKey().getPassword();
            addTo(digest, stores.getKeyStore(), true, password != null ? password : stores.getKeyStorePassword());
            addTo(digest, stores.getTrustStore(), false, null);
            SslOptions options = bundle.getOptions();
            digest.update((listOf(options.getEnabledProtocols()) + " " + listOf(options.getCiphers()))
                    .getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (GeneralSecurityException | RuntimeException e) {
            throw unreadable(name, e);
        }
    }

    /** @param keys whether they count: nobody asks a trust store for its keys, nor has their password */
    private static void addTo(MessageDigest digest, @Nullable KeyStore store, boolean keys, @Nullable String password)
            throws GeneralSecurityException {
        if (store == null) {
            return;
        }
        char[] secret = password == null ? null : password.toCharArray();
        for (String alias : new TreeSet<>(Collections.list(store.aliases()))) {
            digest.update(alias.getBytes(StandardCharsets.UTF_8));
            Certificate[] chain = store.getCertificateChain(alias);
            Certificate only = store.getCertificate(alias);
            for (Certificate certificate : chain != null ? chain : new Certificate[] {only}) {
                if (certificate != null) {
                    digest.update(certificate.getEncoded());
                }
            }
            Key key = keys && store.isKeyEntry(alias) ? store.getKey(alias, secret) : null;
            byte[] encoded = key == null ? null : key.getEncoded(); // null: a key that never leaves its device
            if (encoded != null) {
                digest.update(encoded);
            }
        }
    }

    static UnusableBundleException unreadable(String name, Exception e) {
        String message = messageOf(e);
        // What PKCS12 key stores of the JDK say when the issuer of a certificate is not the next one.
        boolean order = message.contains("chain is not valid");
        return new UnusableBundleException(
                name,
                "its content cannot be read: " + message,
                order
                        ? "Put the certificate of the key first, and behind each certificate that of its issuer."
                        : "See that every file that 'spring.ssl.bundle.*." + name
                                + "' names is there, is readable by this process, is complete, and has the password that is"
                                + " set.",
                e);
    }

    private static List<OwnKey> keys(String name, SslBundle bundle) {
        Set<String> seen = new HashSet<>();
        List<OwnKey> keys = new ArrayList<>();
        String wanted = bundle.getKey().getAlias();
        try {
            for (KeyManager manager : bundle.getManagers().getKeyManagers()) {
                if (!(manager instanceof X509KeyManager x509)) {
                    continue;
                }
                for (String type : KEY_TYPES) {
                    String[] aliases = x509.getServerAliases(type, null);
                    for (String alias : aliases == null ? new String[0] : aliases) {
                        PrivateKey key = x509.getPrivateKey(alias);
                        X509Certificate[] chain = x509.getCertificateChain(alias);
                        if (key != null && chain != null && isWanted(alias, wanted) && seen.add(alias)) {
                            keys.add(new OwnKey(alias, key, List.of(chain)));
                        }
                    }
                }
            }
        } catch (RuntimeException e) {
            throw unreadable(name, e);
        }
        return keys;
    }

    private static boolean isWanted(String alias, @Nullable String wanted) {
        return wanted == null || alias.equalsIgnoreCase(wanted);
    }

    private void check(String name, OwnKey own) {
        X509Certificate certificate = own.chain().getFirst();
        if (!matches(own.key(), certificate.getPublicKey())) {
            boolean another = own.chain().stream().anyMatch(c -> matches(own.key(), c.getPublicKey()));
            throw new UnusableBundleException(
                    name,
                    "the private key does not match the certificate of " + subjectOf(certificate)
                            + (another ? ", but another one of its chain" : ""),
                    another
                            ? "Put the certificate of the key first, and those of its issuers behind it."
                            : "Install the key and the certificate that were issued for each other; if they are renewed one file"
                                    + " after the other, this passes with the second.");
        }
        Instant now = clock.instant();
        for (X509Certificate each : own.chain()) {
            Instant from = each.getNotBefore().toInstant();
            Instant until = each.getNotAfter().toInstant();
            if (now.isAfter(until)) {
                throw new UnusableBundleException(
                        name,
                        "the certificate of " + subjectOf(each) + " expired at " + until,
                        "Install one that is valid now.");
            }
            if (now.isBefore(from)) {
                throw new NotYetValidException(
                        name,
                        "the certificate of " + subjectOf(each) + " is not valid before " + from,
                        "Install one that is valid now, or set the clock of this machine, which says " + now
                                + "; while the application runs it is used as soon as it is valid.",
                        from);
            }
        }
    }

    private static String subjectOf(X509Certificate certificate) {
        return "'" + certificate.getSubjectX500Principal().getName() + "'";
    }

    /** Signs with the one and verifies with the other; the trial handshake tells about keys that cannot be tried so. */
    private static boolean matches(PrivateKey key, PublicKey certified) {
        String algorithm = switch (certified.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "DSA" -> "SHA256withDSA";
            case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
            default -> null;
        };
        if (algorithm == null) {
            return true;
        }
        try {
            Signature signing = Signature.getInstance(algorithm);
            signing.initSign(key);
            signing.update(TO_SIGN);
            byte[] signed = signing.sign();
            Signature verifying = Signature.getInstance(algorithm);
            verifying.initVerify(certified);
            verifying.update(TO_SIGN);
            return verifying.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // of another algorithm, or of another curve
        }
    }

    /** Without a trust store a bundle trusts whomever the JVM trusts: every public authority. */
    private static boolean isTrusting(SslBundle bundle) {
        List<X509Certificate> trusted = issuers(bundle.getManagers().getTrustManagers());
        if (bundle.getStores().getTrustStore() != null) {
            return !trusted.isEmpty();
        }
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return !new HashSet<>(trusted).equals(new HashSet<>(issuers(factory.getTrustManagers())));
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static List<X509Certificate> issuers(TrustManager[] managers) {
        return Arrays.stream(managers)
                .filter(X509TrustManager.class::isInstance)
                .flatMap(manager -> Arrays.stream(((X509TrustManager) manager).getAcceptedIssuers()))
                .toList();
    }

    private static List<String> listOf(String @Nullable [] values) {
        return values == null ? List.of() : List.of(values);
    }

    /** Boot's message of a file that is missing names the store; its causes name the file and the reason. */
    static String messageOf(Throwable failure) {
        StringBuilder message = new StringBuilder();
        String last = "";
        for (Throwable t = failure; t != null; t = t.getCause()) {
            String text = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
            if (!last.contains(text)) {
                message.append(message.isEmpty() ? "" : ": ").append(text);
                last = text;
            }
        }
        return message.toString();
    }
}
