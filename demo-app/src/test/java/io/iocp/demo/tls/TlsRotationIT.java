package io.iocp.demo.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.demo.PackagedServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged application gets new certificates while it is busy. {@code -Diocp.tls.connections=5000} for more than a build
 * should wait for.
 */
class TlsRotationIT {
    private static final int CONNECTIONS = Integer.getInteger("iocp.tls.connections", 200);
    private static final int ROTATIONS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60).plusMillis(50L * CONNECTIONS);

    @TempDir
    private Path directory;

    @EachEngine
    void connectionsLiveOnAndNewOnesGetTheNewCertificate(EngineChoice engine, TestReporter reporter)
            throws IOException {
        MountedSecret secret = new MountedSecret(directory);
        try (PackagedServer server = PackagedServer.start(
                engine,
                "--demo.tls.enabled=true",
                "--spring.ssl.bundle.pem.demo.keystore.certificate=" + secret.certificate(),
                "--spring.ssl.bundle.pem.demo.keystore.private-key=" + secret.key(),
                "--spring.ssl.bundle.pem.demo.reload-on-update=true",
                "--spring.ssl.bundle.watch.file.quiet-period=200ms")) {
            InetSocketAddress address =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port("echo-tls"));
            try (SecureEchoClients clients =
                    new SecureEchoClients(engine, address, Trust.in(secret.certificate()), CONNECTIONS)) {
                long start = System.nanoTime();
                clients.connect(PATIENCE);
                long connected = System.nanoTime();
                clients.awaitEchoesOfEach(2, PATIENCE);
                // What a cold server on a busy machine says of many handshakes at once is not what is tested here.
                int begin = server.output().length();

                for (int rotation = 1; rotation <= ROTATIONS; rotation++) {
                    BigInteger serial = secret.renew();
                    await().atMost(PATIENCE).until(() -> serialOfNewConnection(address, secret, serial));
                    clients.awaitEchoesOfEach(2, PATIENCE);
                }

                clients.finish(PATIENCE);
                reporter.publishEntry("%d connections on %s: secured in %d ms; %d rotations and %d echoes in %d ms"
                        .formatted(
                                CONNECTIONS,
                                engine,
                                (connected - start) / 1_000_000,
                                ROTATIONS,
                                clients.echoes(),
                                (System.nanoTime() - connected) / 1_000_000));
                assertThat(clients.echoes()).isGreaterThan(CONNECTIONS * (2L + 2 * ROTATIONS));
                assertThat(server.output().substring(begin)).doesNotContain("Exception", "\tat ", "WARN", "ERROR");
            }
        }
    }

    /** Whether a new client gets this certificate; one that trusts only the new one is sent away until it does. */
    private static boolean serialOfNewConnection(InetSocketAddress server, MountedSecret secret, BigInteger serial) {
        try (SSLSocket client = Trust.connect(server, secret.certificate())) {
            client.getOutputStream().write('!');
            assertThat(client.getInputStream().read()).isEqualTo('!');
            X509Certificate shown = (X509Certificate) client.getSession().getPeerCertificates()[0];
            return shown.getSerialNumber().equals(serial);
        } catch (IOException e) {
            return false; // not trusted: the old certificate
        }
    }
}
