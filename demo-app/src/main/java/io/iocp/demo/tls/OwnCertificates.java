package io.iocp.demo.tls;

import static io.iocp.demo.tls.SelfSignedCertificate.CERTIFICATE;
import static io.iocp.demo.tls.SelfSignedCertificate.KEY;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * Provides the SSL bundle {@code demo} of the TLS servers, if nobody has configured one: with a self-signed certificate for this
 * host. A second one, {@code demo-second}, is for clients that ask for the name {@value #SECOND_NAME}.
 *
 * <p>The files are in the directory that {@code demo.tls.directory} names, and are used again if they are there already; or else
 * in a temporary one, which is removed when the process ends (a process that is killed leaves it, a few KiB). They are properties
 * like anybody's, of the lowest precedence, and read again when they change.
 *
 * <p>The certificates are made while the application's beans are looked for, and waited for before the first one is made.
 */
final class OwnCertificates implements ApplicationContextInitializer<ConfigurableApplicationContext> {
    private static final Logger LOG = LoggerFactory.getLogger(OwnCertificates.class);

    /** Also without an entry in /etc/hosts, curl and browsers look for what ends so on this very machine (RFC 6761, 6.3). */
    static final String SECOND_NAME = "second.localhost";

    private static final List<String> SERVERS = List.of("echo-tls", "kv-tls", "files-tls");
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        var environment = context.getEnvironment();
        if (!environment.getProperty("demo.tls.enabled", Boolean.class, true)
                || isConfigured(Binder.get(environment), "demo")) {
            return;
        }
        String configured = environment.getProperty("demo.tls.directory", "");
        Path directory = configured.isEmpty()
                ? temporaryDirectory()
                : Path.of(configured).toAbsolutePath();
        Path second = directory.resolve("second");
        List<SelfSignedCertificate> unfinished = new ArrayList<>();
        startUnlessThere(directory, namesOfThisHost()).ifPresent(unfinished::add);
        startUnlessThere(second, List.of(SECOND_NAME)).ifPresent(unfinished::add);

        Map<String, Object> properties = new LinkedHashMap<>();
        addBundle(properties, "demo", directory);
        addBundle(properties, "demo-second", second);
        for (String server : SERVERS) {
            String key = "iocp.servers." + server + ".ssl.server-name-bundles[0].";
            properties.put(key + "server-name", SECOND_NAME);
            properties.put(key + "bundle", "demo-second");
        }
        environment.getPropertySources().addLast(new MapPropertySource("own certificates", properties));
        context.addBeanFactoryPostProcessor(beans -> {
            unfinished.forEach(SelfSignedCertificate::await);
            LOG.info(
                    "TLS with a self-signed certificate: curl --cacert {}, redis-cli --tls --cacert the same",
                    directory.resolve(CERTIFICATE));
        });
    }

    private static boolean isConfigured(Binder binder, String bundle) {
        return Stream.of("pem", "jks")
                .anyMatch(type -> binder.bind(
                                "spring.ssl.bundle." + type + "." + bundle, Bindable.mapOf(String.class, Object.class))
                        .isBound());
    }

    private static void addBundle(Map<String, Object> properties, String name, Path directory) {
        String key = "spring.ssl.bundle.pem." + name + ".";
        properties.put(
                key + "keystore.certificate", directory.resolve(CERTIFICATE).toString());
        properties.put(key + "keystore.private-key", directory.resolve(KEY).toString());
        properties.put(key + "reload-on-update", true);
    }

    private static Path temporaryDirectory() {
        try {
            Path directory = Files.createTempDirectory("iocp-tls-");
            SpringApplication.getShutdownHandlers().add(() -> remove(directory));
            return directory;
        } catch (IOException e) {
            throw new NoCertificateException(
                    "There is no room for a certificate below " + System.getProperty("java.io.tmpdir"),
                    "Let demo.tls.directory name a directory that can be written, or start without TLS:"
                            + " demo.tls.enabled=false.",
                    e);
        }
    }

    private static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", directory, e.toString());
        }
    }

    private static Optional<SelfSignedCertificate> startUnlessThere(Path directory, List<String> names) {
        Path certificate = directory.resolve(CERTIFICATE);
        Path key = directory.resolve(KEY);
        if (!Files.exists(certificate) && !Files.exists(key)) {
            return Optional.of(SelfSignedCertificate.start(directory, names));
        }
        // Somebody may have put them there: nothing is overwritten.
        String remedy = "Remove " + certificate + " and " + key + ", and new ones will be made.";
        try (InputStream in = Files.newInputStream(certificate)) {
            ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in)).checkValidity();
            if (!Files.isReadable(key)) {
                throw new NoCertificateException(certificate + " has no readable key beside it", remedy);
            }
            return Optional.empty();
        } catch (IOException | CertificateException e) {
            throw new NoCertificateException(certificate + " cannot be used", remedy, e);
        }
    }

    private static List<String> namesOfThisHost() {
        List<String> names = new ArrayList<>(List.of("localhost", "127.0.0.1", "::1"));
        try {
            // Where Linux has it: to ask for it through InetAddress may wait for a name server.
            String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            if (HOST_NAME.matcher(host).matches() && !names.contains(host)) {
                names.add(host);
            }
        } catch (IOException e) {
            LOG.debug("the host's name is unknown and left out of the certificate", e);
        }
        return names;
    }
}
