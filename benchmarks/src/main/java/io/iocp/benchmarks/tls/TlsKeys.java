package io.iocp.benchmarks.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;

/**
 * The key and the certificate that every TLS server shows: EC P-256, signed by itself, made anew for each run by the JDK's
 * keytool. The clients believe it without looking, which costs them least.
 */
public final class TlsKeys implements AutoCloseable {
    /** For all: what client and server agree on must not depend on who prefers what. */
    static final List<String> CIPHER_SUITES = List.of("TLS_AES_128_GCM_SHA256");

    static final List<String> PROTOCOLS = List.of("TLSv1.3");
    /** The JDK and Netty's engine of OpenSSL both read it, servers and load generator alike. */
    static final String GROUPS_PROPERTY = "jdk.tls.namedGroups";

    static final String GROUPS = "x25519";

    private static final String ALIAS = "server";
    private static final String PASSWORD = "of no use to anybody";

    private final Path folder;

    private TlsKeys(Path folder) {
        this.folder = folder;
    }

    /** Makes them, in a temporary folder that closing removes. */
    static TlsKeys make() throws IOException {
        TlsKeys keys = new TlsKeys(Files.createTempDirectory("tls-keys"));
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-keystore",
                        keys.store().toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (keytool.onExit().join().exitValue() != 0) {
            keys.close();
            throw new IOException("keytool: " + said);
        }
        return keys;
    }

    /** To be given to the servers as their argument. */
    Path store() {
        return folder.resolve("server.p12");
    }

    static KeyManagerFactory read(Path store) throws GeneralSecurityException, IOException {
        char[] password = PASSWORD.toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(store.toFile(), password), password);
        return keys;
    }

    /** What a client that looks at the certificate has to trust. */
    static KeyStore certificates(Path store) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                ALIAS,
                KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray()).getCertificate(ALIAS));
        return trusted;
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(store());
        Files.deleteIfExists(folder);
    }
}
