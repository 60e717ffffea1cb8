package io.iocp.spring.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.shout.ShoutServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The clients beside all of an application, plain and with TLS, on what the machine has and on a simulated network. */
class WholeApplicationTest {
    @SpringBootTest(
            classes = ShoutServer.class,
            properties = {"iocp.servers.shout.port=7000", "iocp.servers.shout.ssl.bundle=shout"})
    abstract static class Tests {
        @DynamicPropertySource
        static void bundle(DynamicPropertyRegistry registry) throws Exception {
            Path directory = Files.createTempDirectory("iocp-test");
            Path store = directory.resolve("shout.p12");
            makeKey(store);
            directory.toFile().deleteOnExit();
            store.toFile().deleteOnExit(); // what comes last is deleted first
            registry.add("spring.ssl.bundle.jks.shout.keystore.location", () -> "file:" + store);
            registry.add("spring.ssl.bundle.jks.shout.keystore.password", () -> "changeit");
            registry.add("spring.ssl.bundle.jks.trust.truststore.location", () -> "file:" + store);
            registry.add("spring.ssl.bundle.jks.trust.truststore.password", () -> "changeit");
            registry.add("iocp.servers.mutual.ssl.bundle", () -> "both"); // trusts what has a key beside it
            registry.add("iocp.servers.mutual.port", () -> "0");
            registry.add("spring.ssl.bundle.jks.both.keystore.location", () -> "file:" + store);
            registry.add("spring.ssl.bundle.jks.both.keystore.password", () -> "changeit");
            registry.add("spring.ssl.bundle.jks.both.truststore.location", () -> "file:" + store);
            registry.add("spring.ssl.bundle.jks.both.truststore.password", () -> "changeit");
        }

        @Autowired
        IocpTestClients clients;

        @Test
        void speaksTls(@ConnectedTo(value = "shout", secure = true) IocpTestClient client) {
            client.send("hello").expect("HELLO");
            assertThat(client.session()).isNotNull();
            client.shutdownOutput().expectEnd();
        }

        @Test
        void trustsABundle() {
            clients.connectSecurely("shout", "trust").send("hello").expect("HELLO");
        }

        @Test
        void saysWhyThereIsNoTls() throws Exception {
            assertThatThrownBy(() -> clients.connectSecurely("shout", SSLContext.getDefault()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("no TLS with server 'shout'")
                    .hasMessageContaining("path building failed");
        }

        @Test
        void aClientWithoutTlsIsNotServed() {
            clients.connect("shout").send("this is no record of TLS").expectClosed();
        }
    }

    @AutoConfigureIocpTest
    static class OnTheMachineTest extends Tests {
        @Test
        void othersCanConnect() throws IOException {
            InetSocketAddress address = (InetSocketAddress) clients.addressOf("shout");
            try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                assertThat(socket.isConnected()).isTrue();
            }
        }
    }

    @AutoConfigureIocpTest(engine = EngineUnderTest.SIMULATED)
    static class SimulatedTest extends Tests {
        @Test
        void othersCannotConnect() {
            InetSocketAddress address = (InetSocketAddress) clients.addressOf("shout");
            assertThatThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close())
                    .isInstanceOf(IOException.class);
        }
    }

    private static void makeKey(Path store) throws IOException, InterruptedException {
        keytool(
                store,
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12");
    }

    private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", "shout", "-storepass", "changeit", "-keystore", store.toString()));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).as(said).isTrue();
        assertThat(keytool.exitValue()).as(said).isZero();
    }
}
