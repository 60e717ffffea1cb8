package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.Needs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user reads on the first page makes a project that builds, starts, and does what the page says. */
class GettingStartedIT {
    private static final Duration BUILD = Duration.ofMinutes(4);
    private static final int MOST_LINES = 40;
    private static final int MOST_KEYS = 15;

    @TempDir
    private Path folder;

    @Test
    @Needs("openssl")
    void thePageMakesAChatServerWithLimitsAndTls() throws Exception {
        DocumentedProject project =
                new DocumentedProject(LocalRepository.checkout().resolve("docs/getting-started.md"));
        assertThat(project.files().keySet())
                .containsExactly(
                        "pom.xml",
                        "src/main/resources/application.properties",
                        "src/main/java/com/example/chat/ChatServer.java");
        assertThat(project.linesOfCode()).as("lines of code").isLessThan(MOST_LINES);
        assertThat(project.linesOfConfiguration()).as("keys").isLessThan(MOST_KEYS);

        Path chat = Files.createDirectories(folder.resolve("chat"));
        project.writeTo(chat);
        Program.run(Duration.ofMinutes(1), "sh", "-c", "cd '" + chat + "' && " + project.command());
        LocalRepository repository = new LocalRepository(folder.resolve("repository"));
        Program.run(BUILD, repository.maven(chat, "package", "-DskipTests"));

        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        try (Program server = Program.start(
                "sh",
                "-c",
                "cd '" + chat + "' && exec '" + java + "' -jar target/chat-1.jar --iocp.servers.chat.port=0"
                        + " --iocp.servers.chat-tls.port=0")) {
            int plainPort = portOf("chat", server);
            int securePort = portOf("chat-tls", server);
            assertThat(server.output()).doesNotContain("WARNING");
            SSLContext trust = trusting(chat.resolve("chat.crt"));
            try (Member alice = new Member(new Socket(InetAddress.getLoopbackAddress(), plainPort));
                    Member bob = new Member(trust.getSocketFactory().createSocket("localhost", securePort))) {
                twoChat(alice, bob);
                aLineOverTheLimitIsRefused(plainPort, alice, bob);
                aConnectionBeyondTheLimitIsRefused(plainPort, alice);
            }
        }
    }

    private static void twoChat(Member alice, Member bob) throws IOException {
        bob.say("hello");
        assertThat(bob.line()).isEqualTo(bob.name() + ": hello");
        assertThat(alice.line()).isEqualTo(bob.name() + ": hello");
        alice.sayInPieces("hel", "lo, ", "Bob\r\nhow are ", "you?\n");
        for (Member member : List.of(alice, bob)) {
            assertThat(member.line()).isEqualTo(alice.name() + ": hello, Bob");
            assertThat(member.line()).isEqualTo(alice.name() + ": how are you?");
        }
    }

    private static void aLineOverTheLimitIsRefused(int port, Member alice, Member bob) throws IOException {
        try (Member carol = new Member(new Socket(InetAddress.getLoopbackAddress(), port))) {
            carol.sayInPieces("x".repeat(1000), "x".repeat(1000));
            carol.seesTheEnd();
            for (Member member : List.of(alice, bob)) {
                assertThat(member.line()).isEqualTo(carol.name() + " left: frame-too-large");
            }
        }
    }

    private static void aConnectionBeyondTheLimitIsRefused(int port, Member alice) throws IOException {
        List<Member> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < 99; i++) { // with alice a hundred
                Member member = new Member(new Socket(InetAddress.getLoopbackAddress(), port));
                crowd.add(member);
                member.say("here");
                assertThat(member.line()).isEqualTo(member.name() + ": here");
            }
            try (Member oneTooMany = new Member(new Socket(InetAddress.getLoopbackAddress(), port))) {
                oneTooMany.seesTheEnd();
            }
            alice.say("still here");
            crowd.getFirst().awaitLine(alice.name() + ": still here");
        } finally {
            for (Member member : crowd) {
                member.close();
            }
        }
    }

    private static int portOf(String server, Program program) {
        Pattern listens = Pattern.compile("server '" + server + "' listens on \\S*:(\\d+)");
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> {
                            Matcher found = listens.matcher(program.output());
                            boolean there = found.find();
                            assertThat(there || program.isAlive())
                                    .as(program.output())
                                    .isTrue();
                            return there ? Integer.parseInt(found.group(1)) : 0;
                        },
                        number -> number != 0);
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "chat", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /** Somebody in the chat. */
    private static final class Member implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Member(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(20_000);
            socket.setTcpNoDelay(true);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        /** As the server sees it. */
        String name() {
            return "/127.0.0.1:" + socket.getLocalPort();
        }

        void say(String line) throws IOException {
            sayInPieces(line + "\n");
        }

        void sayInPieces(String... pieces) throws IOException {
            for (String piece : pieces) {
                socket.getOutputStream().write(piece.getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().flush();
            }
        }

        String line() throws IOException {
            return String.valueOf(in.readLine());
        }

        void awaitLine(String wanted) throws IOException {
            String line = line();
            while (!line.equals(wanted)) {
                assertThat(line).as("the stream ended before: " + wanted).isNotEqualTo("null");
                line = line();
            }
        }

        /** In good order or with a reset, as what was left unread has it. */
        void seesTheEnd() throws IOException {
            try {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    assertThat(line).doesNotContain("x".repeat(1000));
                }
            } catch (SocketException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
