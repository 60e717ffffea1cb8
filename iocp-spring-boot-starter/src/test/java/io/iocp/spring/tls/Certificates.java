package io.iocp.spring.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Self-signed certificates with their keys, made with the running JDK's keytool once in a test run, as PEM text. */
public final class Certificates {
    private static final String PASSWORD = "of no use to anybody";
    private static final Map<String, Pair> MADE = new ConcurrentHashMap<>();

    /** A certificate and its key. */
    public record Pair(X509Certificate certificate, PrivateKey key) {
        public String certificatePem() {
            try {
                return pem("CERTIFICATE", certificate.getEncoded());
            } catch (CertificateEncodingException e) {
                throw new AssertionError(e);
            }
        }

        public String keyPem() {
            return pem("PRIVATE KEY", key.getEncoded());
        }

        /** As files {@code tls.crt} and {@code tls.key}, like a secret of Kubernetes. */
        public Map<String, String> files() {
            return Map.of("tls.crt", certificatePem(), "tls.key", keyPem());
        }

        public void writeTo(Path directory) {
            files().forEach((name, text) -> write(directory.resolve(name), text));
        }

        /** This certificate with the other's key. */
        public Pair with(Pair keyOf) {
            return new Pair(certificate, keyOf.key);
        }
    }

    private Certificates() {}

    /** For {@code CN=name}, valid now. */
    public static Pair valid(String name) {
        return made(name, "-validity", "30");
    }

    public static Pair expired() {
        return made("expired", "-startdate", "-9d", "-validity", "2");
    }

    public static Pair notYetValid() {
        return made("not-yet-valid", "-startdate", "+2d", "-validity", "9");
    }

    public static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(encoded) + "\n-----END " + what
                + "-----\n";
    }

    private static Pair made(String name, String... validity) {
        return MADE.computeIfAbsent(name, n -> make(n, validity));
    }

    private static Pair make(String name, String... validity) {
        try {
            Path directory = Files.createTempDirectory("certificates");
            Path store = directory.resolve("store.p12");
            try {
                List<String> command = new ArrayList<>(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "it",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=dns:localhost,dns:" + name + ",ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD));
                command.addAll(List.of(validity));
                Process keytool = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                    throw new AssertionError("failed: " + command);
                }
                KeyStore made = KeyStore.getInstance("PKCS12");
                try (InputStream in = Files.newInputStream(store)) {
                    made.load(in, PASSWORD.toCharArray());
                }
                return new Pair((X509Certificate) made.getCertificate("it"), (PrivateKey)
                        made.getKey("it", PASSWORD.toCharArray()));
            } finally {
                Files.deleteIfExists(store);
                Files.deleteIfExists(directory);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError("no certificate for the tests", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
