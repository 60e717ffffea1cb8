package io.iocp.demo.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A new key with a certificate that it signs itself, made by the {@code keytool} of the runtime: in a process of its own, so that
 * the application goes on starting meanwhile. It becomes two PEM files, {@value #CERTIFICATE} and {@value #KEY}, the names that
 * Kubernetes gives them.
 *
 * <p>Until both are complete they are in a directory below, which only this user can read; so is the store that keytool writes.
 */
public final class SelfSignedCertificate {
    public static final String CERTIFICATE = "tls.crt";
    public static final String KEY = "tls.key";

    private static final int VALID_DAYS = 365;
    private static final long PATIENCE_SECONDS = 60;
    private static final String REMEDY =
            "Let spring.ssl.bundle.pem.demo.keystore.certificate and .private-key name files of"
                    + " your own, or start without TLS: demo.tls.enabled=false.";

    private final Path directory;
    private final Path unfinished;
    private final String password;
    private final Process keytool;

    private SelfSignedCertificate(Path directory, Path unfinished, String password, Process keytool) {
        this.directory = directory;
        this.unfinished = unfinished;
        this.password = password;
        this.keytool = keytool;
    }

    /**
     * Starts to make one.
     *
     * @param directory where the files will be; made if it is not there
     * @param names of the host, and its addresses; the first one is also the subject's
     */
    public static SelfSignedCertificate start(Path directory, List<String> names) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);
        Path program = Path.of(System.getProperty("java.home"), "bin", "keytool");
        try {
            Files.createDirectories(directory);
            Path unfinished = Files.createTempDirectory(directory, ".unfinished-");
            ProcessBuilder command = new ProcessBuilder(
                            program.toString(),
                            // A process that lives for a third of a second needs no optimiser.
                            "-J-XX:TieredStopAtLevel=1",
                            "-J-XX:+UseSerialGC",
                            "-genkeypair",
                            "-alias",
                            "tls",
                            "-keyalg",
                            "EC",
                            "-groupname",
                            "secp256r1",
                            "-sigalg",
                            "SHA256withECDSA",
                            "-validity",
                            "" + VALID_DAYS,
                            "-dname",
                            "CN=" + names.getFirst(),
                            "-ext",
                            "san="
                                    + names.stream()
                                            .map(SelfSignedCertificate::kind)
                                            .collect(Collectors.joining(",")),
                            "-storetype",
                            "PKCS12",
                            "-keystore",
                            unfinished.resolve("store.p12").toString(),
                            "-storepass:env",
                            "STORE_PASSWORD")
                    .redirectErrorStream(true);
            command.environment().put("STORE_PASSWORD", password);
            return new SelfSignedCertificate(directory, unfinished, password, command.start());
        } catch (IOException e) {
            throw new NoCertificateException(
                    "A certificate for TLS could not be made in " + directory + " with " + program, REMEDY, e);
        }
    }

    private static String kind(String name) {
        try {
            InetAddress.ofLiteral(name);
            return "ip:" + name;
        } catch (IllegalArgumentException e) {
            return "dns:" + name;
        }
    }

    /**
     * Waits until the files are there.
     *
     * @throws NoCertificateException if keytool fails, or takes more than {@value #PATIENCE_SECONDS} seconds
     */
    public void await() {
        try {
            if (!keytool.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw failed("keytool takes more than " + PATIENCE_SECONDS + " seconds");
            }
            if (keytool.exitValue() != 0) {
                // Few lines: they fit into the pipe.
                String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                throw failed("keytool ended with " + keytool.exitValue() + " and said: " + said.strip());
            }
            finish();
        } catch (IOException | GeneralSecurityException e) {
            throw new NoCertificateException("No certificate for TLS could be made in " + directory, REMEDY, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted");
        } finally {
            keytool.destroyForcibly();
        }
    }

    private NoCertificateException failed(String why) {
        return new NoCertificateException("No certificate for TLS could be made in " + directory + ": " + why, REMEDY);
    }

    private void finish() throws IOException, GeneralSecurityException {
        Path storeFile = unfinished.resolve("store.p12");
        KeyStore store = KeyStore.getInstance(storeFile.toFile(), password.toCharArray());
        Path key = unfinished.resolve(KEY);
        if (Files.getFileStore(unfinished).supportsFileAttributeView("posix")) {
            Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(
                key,
                pem("PRIVATE KEY", store.getKey("tls", password.toCharArray()).getEncoded()));
        Path certificate = Files.writeString(
                unfinished.resolve(CERTIFICATE),
                pem("CERTIFICATE", store.getCertificate("tls").getEncoded()));
        Files.move(key, directory.resolve(KEY), StandardCopyOption.ATOMIC_MOVE);
        Files.move(certificate, directory.resolve(CERTIFICATE), StandardCopyOption.ATOMIC_MOVE);
        Files.delete(storeFile);
        Files.delete(unfinished);
    }

    private static String pem(String type, byte[] der) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n";
    }
}
