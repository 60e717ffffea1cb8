package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.ConnectionResetException;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TestCertificates;
import io.iocp.TestEngine;
import io.iocp.TlsClientAuthentication;
import io.iocp.TlsEngineFactory;
import io.iocp.TlsOptions;
import io.iocp.contract.Packets.Packet;
import io.iocp.contract.SecureLink.Side;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.DisplayName;

/** Handshakes that fail: certificates that are not good enough, and peers that speak something else or leave. */
class TlsRefusalContractTest {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The exception of a packet that says TLS_ERROR. */
    private static SSLException tlsError(Packet packet) {
        assertThat(packet.status()).as("%s", packet.io().failure()).isEqualTo(Status.TLS_ERROR);
        assertThat(packet.io().failure()).isInstanceOf(SSLException.class);
        assertThatThrownBy(packet.io()::orThrow).isInstanceOf(SSLException.class);
        return (SSLException) packet.io().failure();
    }

    // ---- client authentication

    @EachEngine
    @DisplayName("a server that needs, wants or ignores client certificates, and clients with and without one")
    void shouldAskForClientCertificates(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            for (TlsClientAuthentication asks : TlsClientAuthentication.values()) {
                for (boolean has : new boolean[] {true, false}) {
                    if (asks == TlsClientAuthentication.NEED && !has) {
                        continue; // see the next test
                    }
                    Packets packets = new Packets();
                    try (PortFixture fixture = new PortFixture(engine);
                            CompletionPort port = fixture.open(packets)) {
                        SecurePair pair = SecurePair.open(
                                fixture,
                                port,
                                packets,
                                TlsOptions.server(TestCertificates.server())
                                        .withClientAuthentication(asks)
                                        .withProtocols(protocol),
                                TlsOptions.client(
                                        has ? TestCertificates.clientWithCertificate() : TestCertificates.client(),
                                        "localhost",
                                        443));
                        var session = TlsHandshakeContractTest.sessionOf(pair.server());
                        if (has && asks != TlsClientAuthentication.NONE) {
                            assertThat(session.getPeerCertificates()[0])
                                    .isEqualTo(TestCertificates.clientCertificate());
                            assertThat(session.getPeerPrincipal().getName()).isEqualTo("CN=client");
                        } else {
                            assertThatThrownBy(session::getPeerCertificates).isInstanceOf(SSLException.class);
                        }
                    }
                }
            }
        }
    }

    @EachEngine
    @DisplayName(
            "a server that needs a certificate refuses a client without, or with one it does not trust; the client is told")
    void shouldRefuseClientsWithoutATrustedCertificate(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            for (boolean untrusted : new boolean[] {false, true}) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecurePair pair = SecurePair.connect(
                            fixture,
                            port,
                            packets,
                            TlsOptions.server(
                                            untrusted
                                                    ? TestCertificates.distrustfulServer()
                                                    : TestCertificates.server())
                                    .withClientAuthentication(
                                            untrusted ? TlsClientAuthentication.WANT : TlsClientAuthentication.NEED)
                                    .withProtocols(protocol),
                            TlsOptions.client(
                                    untrusted ? TestCertificates.clientWithCertificate() : TestCertificates.client(),
                                    "localhost",
                                    443));
                    List<Packet> both = pair.handshake(packets);
                    SSLException why = tlsError(both.getFirst());
                    assertThat(why.getCause()).isInstanceOf(SSLException.class);
                    assertThat(pair.server().session()).isNull();
                    if ("TLSv1.2".equals(protocol)) {
                        tlsError(both.getLast());
                    } else {
                        // With TLS 1.3 a client is ready before the server has seen its certificate.
                        Packet client = both.getLast();
                        if (client.status() == Status.OK) {
                            pair.client().receive(new OverlappedIO("client"));
                            tlsError(packets.next());
                        } else {
                            tlsError(client);
                        }
                    }
                    TlsHandshakeContractTest.refuseAllElse(pair.server(), packets);
                }
            }
        }
    }

    @EachEngine
    @DisplayName("an alert tells a client of the JDK that the server needs a certificate")
    void shouldAlertAClientWithoutCertificate(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                TlsPeer peer = Side.SERVER.peer(link.peer(), TlsPeer.protocol(protocol));
                SecureConnection connection = link.connection()
                        .secure(Side.SERVER.options().withClientAuthentication(TlsClientAuthentication.NEED));
                connection.handshake(new OverlappedIO());
                assertThatThrownBy(() -> {
                            peer.handshake();
                            throw peer.seesAlert();
                        })
                        .isInstanceOf(SSLException.class);
                tlsError(packets.next());
                connection.close();
            }
        }
    }

    // ---- the server's certificate

    @EachEngine
    @DisplayName(
            "a client refuses a server that it does not trust, that has expired, or that is not the host it wanted")
    void shouldRefuseServers(TestEngine engine) throws Exception {
        record Bad(String what, SSLContext server, SSLContext client, String host) {}
        for (String protocol : PROTOCOLS) {
            for (Bad bad : List.of(
                    new Bad("untrusted", TestCertificates.server(), TestCertificates.stranger(), "localhost"),
                    new Bad("expired", TestCertificates.expired(), TestCertificates.client(), "localhost"),
                    new Bad("other host", TestCertificates.second(), TestCertificates.client(), "localhost"),
                    new Bad("other name", TestCertificates.server(), TestCertificates.client(), "second.example"),
                    new Bad("other address", TestCertificates.server(), TestCertificates.client(), "127.0.0.2"),
                    new Bad("too deep", TestCertificates.wildcard(), TestCertificates.client(), "a.b.wild.example"))) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecurePair pair = SecurePair.connect(
                            fixture,
                            port,
                            packets,
                            TlsOptions.server(bad.server).withProtocols(protocol),
                            TlsOptions.client(bad.client, bad.host, 443));
                    List<Packet> both = pair.handshake(packets);
                    assertThat(tlsError(both.getLast())).as(bad.what).hasCauseInstanceOf(SSLHandshakeException.class);
                    // It was told by an alert.
                    assertThat(tlsError(both.getFirst())).as(bad.what).hasCauseInstanceOf(SSLException.class);
                    assertThat(pair.client().session()).isNull();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("without the host name check a client takes any server that it trusts; a wildcard is for one level")
    void shouldCheckTheHostUnlessToldNotTo(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecurePair unchecked = SecurePair.open(
                    fixture,
                    port,
                    packets,
                    TlsOptions.server(TestCertificates.second()),
                    TlsOptions.client(TestCertificates.client(), "localhost", 443)
                            .withHostNameCheck(false));
            assertThat(TlsHandshakeContractTest.sessionOf(unchecked.client()).getPeerCertificates()[0])
                    .isEqualTo(TestCertificates.secondCertificate());
            SecurePair wild = SecurePair.open(
                    fixture,
                    port,
                    packets,
                    TlsOptions.server(TestCertificates.wildcard()),
                    TlsOptions.client(TestCertificates.client(), "any.wild.example", 443));
            assertThat(wild.server().serverName()).isEqualTo("any.wild.example");
        }
    }

    // ---- nothing in common

    @EachEngine
    @DisplayName("sides that have no version, cipher suite or protocol of the application in common refuse each other")
    void shouldRefuseWhoHasNothingInCommon(TestEngine engine) throws Exception {
        TlsOptions server = Side.SERVER.options();
        TlsOptions client = Side.CLIENT.options();
        record Pair(String what, TlsOptions server, TlsOptions client) {}
        for (Pair pair : List.of(
                new Pair("version", server.withProtocols("TLSv1.3"), client.withProtocols("TLSv1.2")),
                new Pair("version", server.withProtocols("TLSv1.2"), client.withProtocols("TLSv1.3")),
                new Pair(
                        "suite",
                        server.withCipherSuites("TLS_AES_128_GCM_SHA256"),
                        client.withCipherSuites("TLS_AES_256_GCM_SHA384")),
                new Pair(
                        "application",
                        server.withApplicationProtocols("h2"),
                        client.withApplicationProtocols("http/1.1")))) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecurePair ends = SecurePair.connect(fixture, port, packets, pair.server, pair.client);
                List<Packet> both = ends.handshake(packets);
                tlsError(both.getFirst());
                tlsError(both.getLast());
            }
        }
    }

    @EachEngine
    @DisplayName("a factory that has no engine for a name, or that fails, ends that handshake and nothing else")
    void shouldRefuseWhatTheFactoryRefuses(TestEngine engine) throws Exception {
        SSLContext context = TestCertificates.server();
        TlsEngineFactory picky = (options, name) -> {
            String asked = String.valueOf(name);
            if (asked.equals("unknown.example")) {
                throw new SSLHandshakeException("nobody here is called so");
            }
            if (asked.equals("broken.example")) {
                throw new SSLException("its certificate cannot be read");
            }
            if (asked.equals("worse.example")) {
                throw new IllegalStateException("a fault of the factory's");
            }
            var made = context.createSSLEngine();
            options.apply(made);
            return made;
        };
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (String name : new String[] {"unknown.example", "broken.example", "worse.example", "localhost"}) {
                Link link = fixture.link(port, name);
                TlsPeer peer = TlsPeer.client(
                        link.peer(),
                        TestCertificates.client(),
                        parameters -> parameters.setServerNames(List.of(new SNIHostName(name))));
                SecureConnection connection = link.connection().secure(TlsOptions.server(picky));
                connection.handshake(new OverlappedIO());
                Beside<Boolean> far = Beside.run(() -> {
                    try {
                        peer.handshake();
                        return true;
                    } catch (IOException refused) {
                        return false;
                    }
                });
                Packet packet = packets.next();
                if ("localhost".equals(name)) {
                    assertThat(packet.status()).isEqualTo(Status.OK);
                } else {
                    assertThat(tlsError(packet).getCause().getMessage())
                            .containsAnyOf("nobody here", "its certificate", "a fault");
                }
                connection.close();
                assertThat(far.end()).isEqualTo("localhost".equals(name));
            }
        }
    }

    @EachEngine
    @DisplayName("a client whose factory fails sends nothing")
    void shouldFailAClientWhoseFactoryFails(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            TlsEngineFactory broken = (options, name) -> {
                throw new SSLException("no keys");
            };
            SecureConnection connection = link.connection().secure(TlsOptions.client(broken, "localhost", 1));
            connection.handshake(new OverlappedIO());
            assertThat(tlsError(packets.next()).getCause()).hasMessage("no keys");
            connection.closeAndAwait();
            link.peerSeesEnd();
        }
    }

    // ---- peers that speak something else

    @EachEngine
    @DisplayName("110: a peer that sends garbage, or speaks in plain text, ends the handshake with TLS_ERROR")
    void shouldRefuseGarbage(TestEngine engine) throws Exception {
        byte[] random = new byte[5000];
        new Random(110).nextBytes(random);
        byte[] longHello = TlsHandshakeContractTest.clientHello("TLSv1.3");
        longHello[3] = (byte) 0xff;
        longHello[4] = (byte) 0xff; // a record that is longer than any
        byte[] wrongMessage = TlsHandshakeContractTest.clientHello("TLSv1.3");
        wrongMessage[5] = 20; // the end of a handshake as its beginning
        byte[] dataFirst = new byte[64];
        dataFirst[0] = 23;
        dataFirst[1] = 3;
        dataFirst[2] = 3;
        dataFirst[4] = 59;
        for (Side side : Side.values()) {
            for (Map.Entry<String, byte[]> garbage : Map.of(
                            "random",
                            random,
                            "zeros",
                            new byte[100],
                            "HTTP",
                            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                            "one byte",
                            new byte[] {'\n'},
                            "SMTP",
                            "220 mail.example ESMTP\r\n".getBytes(StandardCharsets.US_ASCII),
                            "a record too long",
                            longHello,
                            "not a hello",
                            wrongMessage,
                            "data before a key",
                            dataFirst,
                            "an alert",
                            new byte[] {21, 3, 3, 0, 2, 2, 40})
                    .entrySet()) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    Link link = fixture.link(port, "key");
                    SecureConnection connection = link.connection().secure(side.options());
                    connection.handshake(new OverlappedIO("handshake"));
                    connection.receive(new OverlappedIO());
                    connection.send(new OverlappedIO(), text("never"));
                    link.peerSends(garbage.getValue());
                    List<Packet> all = packets.next(3);
                    assertThat(all.getFirst().kind()).isEqualTo(OperationKind.TLS_HANDSHAKE);
                    try {
                        tlsError(all.getFirst());
                    } catch (AssertionError e) {
                        throw new AssertionError(side + ", " + garbage.getKey(), e);
                    }
                    TlsHandshakeContractTest.endWithTlsError(all.subList(1, 3));
                    TlsHandshakeContractTest.refuseAllElse(connection, packets);
                    assertThat(connection.session()).isNull();
                    connection.closeAndAwait();
                }
            }
        }
    }

    @EachEngine
    @DisplayName(
            "a peer that ends its stream in the middle of the handshake: TLS_ERROR, also where truncation is allowed")
    void shouldRefuseAPeerThatLeaves(TestEngine engine) throws Exception {
        byte[] hello = TlsHandshakeContractTest.clientHello("TLSv1.3");
        for (int sent : new int[] {0, 3, 60, hello.length}) {
            for (boolean truncation : new boolean[] {false, true}) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    Link link = fixture.link(port, "key");
                    SecureConnection connection =
                            link.connection().secure(Side.SERVER.options().withTruncationAllowed(truncation));
                    connection.handshake(new OverlappedIO());
                    link.peerSends(Arrays.copyOf(hello, sent));
                    link.peerFinishes();
                    tlsError(packets.next());
                }
            }
        }
    }

    @EachEngine
    @DisplayName("a peer that resets the connection in the middle of the handshake: RESET")
    void shouldReportAResetInTheMiddleOfTheHandshake(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                SecureConnection connection = link.connection().secure(side.options());
                connection.handshake(new OverlappedIO("handshake"));
                connection.receive(new OverlappedIO());
                if (side == Side.CLIENT) {
                    link.peerReads(1);
                }
                link.peerResets();
                Packet packet = packets.next();
                assertThat(packet.attachment()).isEqualTo("handshake");
                assertThat(packet.status()).isEqualTo(Status.RESET);
                assertThat(packet.io().failure()).isInstanceOf(ConnectionResetException.class);
                assertThat(packets.next().status()).isIn(Status.TLS_ERROR, Status.RESET);
            }
        }
    }
}
