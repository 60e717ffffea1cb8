package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TestCertificates;
import io.iocp.TestEngine;
import io.iocp.TlsEngineFactory;
import io.iocp.TlsOptions;
import io.iocp.TransmitFileRequest;
import io.iocp.contract.Packets.Packet;
import io.iocp.contract.SecureLink.Side;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.InterruptedByTimeoutException;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.DisplayName;

/** TLS handshakes, on either side: semantics 5, contract tests 106, 110 and 112. What they refuse is in {@link TlsRefusalContractTest}. */
class TlsHandshakeContractTest {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static TlsOptions clientOfLocalhost() {
        return TlsOptions.client(TestCertificates.client(), "localhost", 443);
    }

    @EachEngine
    @DisplayName("106: the handshake of both sides is posted, and ALPN is chosen")
    void shouldPostTheHandshakesOfBothSides(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecurePair pair = SecurePair.connect(
                        fixture,
                        port,
                        packets,
                        TlsOptions.server(TestCertificates.server())
                                .withApplicationProtocols("best", "second")
                                .withProtocols(protocol),
                        clientOfLocalhost().withApplicationProtocols("other", "second", "best"));
                assertThat(pair.server().session()).isNull();
                assertThat(pair.client().applicationProtocol()).isNull();
                assertThat(pair.client().serverName()).isNull();

                List<Packet> both = pair.handshake(packets);
                for (Packet packet : both) {
                    assertThat(packet.status()).as("%s", packet.io().failure()).isEqualTo(Status.OK);
                    assertThat(packet.bytes()).isZero();
                    assertThat(packet.key()).isEqualTo(packet.attachment());
                    assertThat(packet.more()).isFalse();
                    assertThat(packet.io().failure()).isNull();
                    assertThat(packet.io().wireBytes()).isPositive();
                }
                assertThat(both.getFirst().io().connection()).isSameAs(pair.server());
                assertThat(both.getLast().io().connection()).isSameAs(pair.client());
                for (SecureConnection side : List.of(pair.server(), pair.client())) {
                    assertThat(side.applicationProtocol()).isEqualTo("best");
                    assertThat(side.serverName()).isEqualTo("localhost");
                    assertThat(sessionOf(side).getProtocol()).isEqualTo(protocol);
                    assertThat(sessionOf(side).getCipherSuite()).startsWith("TLS_");
                }
                assertThat(sessionOf(pair.client()).getPeerCertificates()[0])
                        .isEqualTo(TestCertificates.serverCertificate());
                assertThatThrownBy(() -> sessionOf(pair.server()).getPeerCertificates())
                        .isInstanceOf(SSLException.class);

                pair.server().receive(new OverlappedIO());
                pair.client().send(new OverlappedIO(), text("ping"));
                assertThat(packets.next(2)).extracting(Packet::text).contains("ping");
                pair.client().receive(new OverlappedIO());
                pair.server().send(new OverlappedIO(), text("pong"));
                assertThat(packets.next(2)).extracting(Packet::text).contains("pong");
            }
        }
    }

    static SSLSession sessionOf(SecureConnection connection) {
        SSLSession session = connection.session();
        assertThat(session).isNotNull();
        return session;
    }

    @EachEngine
    @DisplayName("either side agrees with an engine of the JDK, with either version; without ALPN there is none")
    void shouldAgreeWithTheJdk(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            for (String protocol : PROTOCOLS) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecureLink link = SecureLink.open(fixture, port, packets, side, protocol);
                    SecureConnection connection = link.connection();
                    assertThat(sessionOf(connection).getProtocol()).isEqualTo(protocol);
                    assertThat(connection.applicationProtocol()).isNull();
                    assertThat(connection.key()).isEqualTo("key");
                    connection.receive(new OverlappedIO("mine"));
                    link.peer().send("hello");
                    Packet packet = packets.next();
                    assertThat(packet.kind()).isEqualTo(OperationKind.TLS_RECEIVE);
                    assertThat(packet.text()).isEqualTo("hello");
                    assertThat(packet.attachment()).isEqualTo("mine");
                    connection.send(new OverlappedIO(), text("world"));
                    assertThat(link.peer().readText(5)).isEqualTo("world");
                    assertThat(packets.next().kind()).isEqualTo(OperationKind.TLS_SEND);
                }
            }
        }
    }

    @EachEngine(sockets = true)
    @DisplayName("an SSLSocket of the JDK is a client like any other")
    void shouldServeASocketOfTheJdk(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Listener listener = fixture.listen(port, "listener");
                listener.accept(new OverlappedIO());
                int number = ((InetSocketAddress) listener.localAddress()).getPort();
                Beside<String> far = Beside.run(() -> {
                    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), number);
                            SSLSocket socket = (SSLSocket) TestCertificates.client()
                                    .getSocketFactory()
                                    .createSocket(plain, "localhost", number, true)) {
                        socket.setSoTimeout((int) PortFixture.DEADLINE.toMillis());
                        socket.setEnabledProtocols(new String[] {protocol});
                        socket.startHandshake();
                        socket.getOutputStream().write("hello".getBytes(StandardCharsets.ISO_8859_1));
                        byte[] answer = socket.getInputStream().readNBytes(5);
                        assertThat(socket.getInputStream().read()).isEqualTo(-1);
                        return new String(answer, StandardCharsets.ISO_8859_1);
                    }
                });
                SecureConnection connection =
                        accepted(packets.next()).secure(TlsOptions.server(TestCertificates.server()));
                port.associate(connection, "key");
                connection.handshake(new OverlappedIO());
                connection.receive(new OverlappedIO());
                List<Packet> two = packets.next(2);
                assertThat(two)
                        .extracting(Packet::kind)
                        .containsExactly(OperationKind.TLS_HANDSHAKE, OperationKind.TLS_RECEIVE);
                assertThat(two.getLast().text()).isEqualTo("hello");
                connection.send(new OverlappedIO(), text("world"));
                assertThat(packets.next().status()).isEqualTo(Status.OK);
                connection.close();
                assertThat(far.end()).isEqualTo("world");
            }
        }
    }

    private static Connection accepted(Packet packet) {
        Connection connection = packet.accepted();
        assertThat(connection).isNotNull();
        return connection;
    }

    @EachEngine
    @DisplayName("a port whose packets the test takes has TLS as well")
    void shouldServeAPortWithoutAHandler(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            TlsPeer peer = Side.SERVER.peer(link.peer());
            SecureConnection connection = link.connection().secure(Side.SERVER.options());
            OverlappedIO io = new OverlappedIO();
            connection.handshake(io);
            assertThat(port.poll()).isNull();
            Beside<TlsPeer> far = Beside.run(() -> peer.handshake());
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.kind()).isEqualTo(OperationKind.TLS_HANDSHAKE);
            assertThat(io.status()).isEqualTo(Status.OK);
            far.end();
            connection.receive(io);
            peer.send("hello");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("hello");
            connection.send(io, text("world"));
            assertThat(peer.readText(5)).isEqualTo("world");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.kind()).isEqualTo(OperationKind.TLS_SEND);
        }
    }

    @EachEngine
    @DisplayName("the handshake, and what follows, may go to futures")
    void shouldDeliverToFutures(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            TlsPeer peer = Side.CLIENT.peer(link.peer());
            SecureConnection connection = link.connection().secure(Side.CLIENT.options());
            OverlappedIO handshake = new OverlappedIO().deliverToFuture(true);
            OverlappedIO receive = new OverlappedIO().deliverToFuture(true);
            connection.handshake(handshake);
            connection.receive(receive);
            Beside<TlsPeer> far = Beside.run(() -> peer.handshake());
            assertThat(ended(handshake).status()).isEqualTo(Status.OK);
            far.end();
            peer.send("hello");
            assertThat(Packet.of(ended(receive)).text()).isEqualTo("hello");
            fixture.end(port);
            assertThat(packets.size()).isZero();
        }
    }

    private static OverlappedIO ended(OverlappedIO io) throws Exception {
        return io.future().get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    // ---- names and certificates

    @EachEngine
    @DisplayName("the server's certificate is chosen by the name that the client asks for, in whatever case")
    void shouldChooseTheCertificateByName(TestEngine engine) throws Exception {
        SSLContext first = TestCertificates.server();
        SSLContext second = TestCertificates.second();
        List<String> asked = new ArrayList<>();
        TlsEngineFactory byName = (options, name) -> {
            synchronized (asked) {
                asked.add(String.valueOf(name));
            }
            SSLEngine made = ("second.example".equals(name) ? second : first).createSSLEngine();
            options.apply(made);
            return made;
        };
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (String protocol : PROTOCOLS) {
                for (String name : new String[] {"localhost", "Second.EXAMPLE", null}) {
                    Link link = fixture.link(port, "key");
                    TlsPeer client = TlsPeer.client(link.peer(), TestCertificates.client(), parameters -> {
                        parameters.setProtocols(new String[] {protocol});
                        parameters.setServerNames(name == null ? List.of() : List.of(new SNIHostName(name)));
                    });
                    SecureLink secure = SecureLink.of(link, TlsOptions.server(byName), client, packets);
                    assertThat(client.engine().getSession().getPeerCertificates()[0])
                            .isEqualTo(
                                    "Second.EXAMPLE".equals(name)
                                            ? TestCertificates.secondCertificate()
                                            : TestCertificates.serverCertificate());
                    assertThat(secure.connection().serverName())
                            .isEqualTo(name == null ? null : name.toLowerCase(java.util.Locale.ROOT));
                }
            }
        }
        assertThat(asked).containsExactly("localhost", "second.example", "null", "localhost", "second.example", "null");
    }

    @EachEngine
    @DisplayName("a client tells its server's name in lower case, and none if the host is an address")
    void shouldTellTheName(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (String host : new String[] {"LocalHost", "127.0.0.1", "::1"}) {
                SecurePair pair = SecurePair.open(
                        fixture,
                        port,
                        packets,
                        TlsOptions.server(TestCertificates.server()),
                        TlsOptions.client(TestCertificates.client(), host, 443));
                String told = "LocalHost".equals(host) ? "localhost" : null;
                assertThat(pair.client().serverName()).isEqualTo(told);
                assertThat(pair.server().serverName()).isEqualTo(told);
            }
        }
    }

    @EachEngine
    @DisplayName("an engine is given back once: after a close, a failure, or a close in the middle of the handshake")
    void shouldReleaseEachEngineOnce(TestEngine engine) throws Exception {
        AtomicInteger made = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        SSLContext context = TestCertificates.server();
        TlsEngineFactory counting = new TlsEngineFactory() {
            @Override
            public SSLEngine engine(TlsOptions options, @org.jspecify.annotations.Nullable String serverName) {
                made.incrementAndGet();
                SSLEngine engine = context.createSSLEngine();
                options.apply(engine);
                return engine;
            }

            @Override
            public void release(SSLEngine engine) {
                released.incrementAndGet();
            }
        };
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link one = fixture.link(port, "closed");
            SecureLink secure = SecureLink.of(one, TlsOptions.server(counting), Side.SERVER.peer(one.peer()), packets);
            secure.connection().closeAndAwait();
            assertThat(made).hasValue(1);

            // One that refuses the client in the middle.
            Link two = fixture.link(port, "failed");
            TlsPeer old = Side.SERVER.peer(two.peer(), TlsPeer.protocol("TLSv1.2"));
            SecureConnection refusing =
                    two.connection().secure(TlsOptions.server(counting).withProtocols("TLSv1.3"));
            refusing.handshake(new OverlappedIO());
            assertThatThrownBy(() -> old.handshake()).isInstanceOf(SSLException.class);
            assertThat(packets.next().status()).isEqualTo(Status.TLS_ERROR);
            refusing.closeAndAwait();
            assertThat(made).hasValue(2);

            // One whose client says hello and nothing else; what it is answered says that the engine is made.
            Link three = fixture.link(port, "left");
            SecureConnection left = three.connection().secure(TlsOptions.server(counting));
            left.handshake(new OverlappedIO());
            three.peerSends(clientHello("TLSv1.3"));
            three.peerReads(1);
            left.closeAndAwait();
            assertThat(packets.next().status()).isEqualTo(Status.HANDLE_CLOSED);
            assertThat(made).hasValue(3);

            // One that is open when the port is closed, and one of which nobody has heard anything.
            Link four = fixture.link(port, "open");
            SecureLink open = SecureLink.of(four, TlsOptions.server(counting), Side.SERVER.peer(four.peer()), packets);
            assertThat(open.connection().isOpen()).isTrue();
            SecureConnection silent = fixture.link(port, "silent").connection().secure(TlsOptions.server(counting));
            silent.handshake(new OverlappedIO());
            fixture.end(port);
            assertThat(made).hasValue(4);
            assertThat(released).hasValue(4);
        }
    }

    /** The first message of a client, as it is sent. */
    static byte[] clientHello(String... protocols) throws IOException {
        SSLEngine engine = TestCertificates.client().createSSLEngine("localhost", 443);
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(protocols);
        engine.beginHandshake();
        var out = java.nio.ByteBuffer.allocate(20_000);
        engine.wrap(java.nio.ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @EachEngine
    @DisplayName("a client that comes again resumes its session: the server's certificate is not sent again")
    void shouldResumeSessions(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            for (Side side : Side.values()) {
                Packets packets = new Packets();
                AtomicInteger checks = new AtomicInteger();
                SSLContext client = TestCertificates.client(checks);
                SSLContext server = TestCertificates.server();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    for (int i = 0; i < 3; i++) {
                        Link link = fixture.link(port, "key");
                        TlsOptions options = side == Side.SERVER
                                ? TlsOptions.server(server)
                                : TlsOptions.client(client, "localhost", 443);
                        TlsPeer peer = side == Side.SERVER
                                ? TlsPeer.client(link.peer(), client, TlsPeer.protocol(protocol))
                                : TlsPeer.server(link.peer(), server, TlsPeer.protocol(protocol));
                        SecureLink secure = SecureLink.of(link, options, peer, packets);
                        // There and back, so that the client has the ticket that it comes again with.
                        secure.connection().receive(new OverlappedIO());
                        peer.send("x");
                        assertThat(packets.next().text()).isEqualTo("x");
                        secure.connection().send(new OverlappedIO(), text("y"));
                        assertThat(peer.readText(1)).isEqualTo("y");
                        assertThat(packets.next().status()).isEqualTo(Status.OK);
                        assertThat(checks)
                                .as("%s with %s, connection %d", side, protocol, i)
                                .hasValue(1);
                        if (side == Side.CLIENT) {
                            assertThat(sessionOf(secure.connection()).getPeerCertificates()[0])
                                    .isEqualTo(TestCertificates.serverCertificate());
                        }
                        peer.finish();
                        secure.connection().close();
                    }
                }
            }
        }
    }

    // ---- how the bytes come

    @EachEngine
    @DisplayName("a handshake whose bytes come one at a time")
    void shouldTakeOneByteAtATime(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            for (String protocol : PROTOCOLS) {
                handshakeIn(engine, side, protocol, bytes -> 1);
            }
        }
    }

    @EachEngine
    @DisplayName("a handshake whose bytes come in pieces of any size, split within and across records")
    void shouldTakePiecesOfAnySize(TestEngine engine) throws Exception {
        for (long seed = 0; seed < 10; seed++) {
            Random random = new Random(seed);
            int most = 1 + random.nextInt(seed % 2 == 0 ? 8 : 700);
            Side side = random.nextBoolean() ? Side.SERVER : Side.CLIENT;
            String protocol = PROTOCOLS[random.nextInt(2)];
            try {
                handshakeIn(engine, side, protocol, left -> Math.min(left, 1 + random.nextInt(most)));
            } catch (Throwable failure) {
                throw new AssertionError("seed " + seed + ": " + side + " with " + protocol, failure);
            }
        }
    }

    private static void handshakeIn(
            TestEngine engine, Side side, String protocol, java.util.function.IntUnaryOperator piece) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            TlsPeer peer = side.peer(link.peer(), TlsPeer.protocol(protocol));
            SecureConnection connection = link.connection().secure(side.options());
            connection.handshake(new OverlappedIO());
            Beside<TlsPeer> far = Beside.run(() -> peer.handshake(flight -> {
                for (int at = 0; at < flight.length; ) {
                    int n = piece.applyAsInt(flight.length - at);
                    link.peer().output().write(flight, at, n);
                    at += n;
                }
            }));
            Packet packet = packets.next();
            assertThat(packet.status()).as("%s", packet.io().failure()).isEqualTo(Status.OK);
            far.end();
            connection.receive(new OverlappedIO());
            peer.send("hello");
            assertThat(packets.next().text()).isEqualTo("hello");
        }
    }

    @EachEngine
    @DisplayName("111: data that came together with the end of the handshake is there for the first receive")
    void shouldKeepWhatCameBehindTheHandshake(TestEngine engine) throws Exception {
        for (boolean early : new boolean[] {false, true}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                TlsPeer peer = Side.SERVER.peer(link.peer());
                SecureConnection connection = link.connection().secure(Side.SERVER.options());
                connection.handshake(new OverlappedIO());
                ByteArrayOutputStream last = new ByteArrayOutputStream();
                peer.handshake(flight -> {
                    if (last.size() == 0
                            && peer.engine().getSession().getProtocol().equals("NONE")) {
                        link.peerSends(flight);
                    } else {
                        last.write(flight);
                    }
                });
                last.write(peer.sealed("with the handshake".getBytes(StandardCharsets.ISO_8859_1)));
                if (early) {
                    connection.receive(new OverlappedIO());
                }
                link.peerSends(last.toByteArray());
                assertThat(packets.next().kind()).isEqualTo(OperationKind.TLS_HANDSHAKE);
                if (!early) {
                    connection.receive(new OverlappedIO());
                }
                assertThat(packets.next().text()).isEqualTo("with the handshake");
            }
        }
    }

    // ---- order of the starts

    @EachEngine
    @DisplayName("what is started right behind the handshake waits for it, and goes on by itself")
    void shouldHoldBackWhatIsStartedBehind(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                TlsPeer peer = side.peer(link.peer());
                SecureConnection connection = link.connection().secure(side.options());
                connection.handshake(new OverlappedIO("handshake"));
                connection.send(new OverlappedIO("send"), text("first"));
                connection.send(new OverlappedIO("again"), text("second"));
                connection.receive(new OverlappedIO("receive"));
                connection.receiveContinuously(new OverlappedIO("continuous"));
                assertThat(packets.size()).isZero();
                peer.handshake();
                assertThat(peer.readText(11)).isEqualTo("firstsecond");
                packets.awaitThat(all -> all.size() == 3);
                assertThat(packets.next().attachment()).isEqualTo("handshake");
                assertThat(packets.next(2)).extracting(Packet::attachment).containsExactly("send", "again");
                peer.send("one");
                Packet one = packets.next();
                assertThat(one.attachment()).isEqualTo("receive");
                assertThat(one.text()).isEqualTo("one");
                peer.send("more");
                Packet more = packets.next();
                assertThat(more.attachment()).isEqualTo("continuous");
                assertThat(more.text()).isEqualTo("more");
                assertThat(more.kind()).isEqualTo(OperationKind.TLS_RECEIVE);
                assertThat(more.more()).isTrue();
            }
        }
    }

    @EachEngine
    @DisplayName("nothing can be sent or received before the handshake is started, lest it goes in plain text")
    void shouldRefuseWhatIsStartedBefore(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            SecureConnection connection = link.connection().secure(Side.SERVER.options());
            OverlappedIO io = new OverlappedIO();
            interface Start {
                void run() throws ClosedChannelException;
            }
            List<Start> starts = List.of(
                    () -> connection.receive(io),
                    () -> connection.receive(io, MemorySegment.ofArray(new byte[8])),
                    () -> connection.receive(
                            io, MemorySegment.ofArray(new byte[8]), MemorySegment.ofArray(new byte[8])),
                    () -> connection.awaitReadable(io),
                    () -> connection.receiveContinuously(io),
                    () -> connection.send(io, text("secret")),
                    () -> connection.send(io, StandardCharsets.US_ASCII.encode("secret")),
                    () -> connection.send(io, text("a"), text("secret")),
                    () -> connection.transmitFile(
                            io, TransmitFileRequest.ofNothing().head(text("secret"))));
            for (Start start : starts) {
                assertThatThrownBy(start::run)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("handshake");
                assertThat(io.isPending()).isFalse();
            }
            // A post is no operation on the wire.
            connection.post(new OverlappedIO("post"), 7);
            assertThat(packets.next().bytes()).isEqualTo(7);

            TlsPeer peer = Side.SERVER.peer(link.peer());
            connection.handshake(io);
            assertThatThrownBy(() -> connection.handshake(new OverlappedIO()))
                    .isInstanceOf(IllegalStateException.class);
            peer.handshake();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            assertThatThrownBy(() -> connection.handshake(new OverlappedIO()))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> connection.secure(Side.SERVER.options()))
                    .isInstanceOf(IllegalStateException.class);
            // And nothing of it has harmed anybody.
            connection.send(io, text("x"));
            assertThat(peer.readText(1)).isEqualTo("x");
        }
    }

    @EachEngine
    @DisplayName("a handshake needs a connection, associated and open")
    void shouldRefuseAHandshakeWithoutAPeer(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureConnection nowhere =
                    port.openConnection(ConnectionOptions.defaults()).secure(clientOfLocalhost());
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> nowhere.handshake(io))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("associate");
            port.associate(nowhere, "nowhere");
            assertThatThrownBy(() -> nowhere.handshake(io)).isInstanceOf(NotYetConnectedException.class);
            assertThat(io.isPending()).isFalse();
            nowhere.close();
            assertThatThrownBy(() -> nowhere.handshake(io)).isInstanceOf(ClosedChannelException.class);
            Connection closed = port.openConnection(ConnectionOptions.defaults());
            closed.close();
            assertThatThrownBy(() -> closed.secure(clientOfLocalhost())).isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName("a connection talks in plain text first and then changes to TLS: STARTTLS")
    void shouldBecomeSecureOnTheWay(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                Connection plain = link.connection();
                plain.attachment("state");
                OverlappedIO io = new OverlappedIO();
                plain.receive(io);
                link.peerSends("STARTTLS\n");
                assertThat(packets.next().kind()).isEqualTo(OperationKind.RECEIVE);
                SecureConnection secure = plain.secure(side.options());
                // The answer in plain text, on its way when the handshake is started behind it.
                plain.send(new OverlappedIO("answer"), text("OK\n"));
                secure.handshake(io);
                assertThat(secure.id()).isEqualTo(plain.id());
                assertThat(secure.key()).isEqualTo("key");
                assertThat(secure.attachment()).isEqualTo("state");
                assertThat(secure.remoteAddress()).isEqualTo(plain.remoteAddress());
                assertThat(link.peerReadsText(3)).isEqualTo("OK\n");
                TlsPeer peer = side.peer(link.peer()).handshake();
                assertThat(packets.next(2))
                        .extracting(Packet::kind)
                        .containsExactly(OperationKind.SEND, OperationKind.TLS_HANDSHAKE);
                secure.receive(io);
                peer.send("secret");
                assertThat(packets.next().text()).isEqualTo("secret");
                secure.send(io, text("reply"));
                assertThat(peer.readText(5)).isEqualTo("reply");
                assertThat(packets.next().kind()).isEqualTo(OperationKind.TLS_SEND);
            }
        }
    }

    // ---- the end of a handshake before its time

    @EachEngine
    @DisplayName("112: a handshake with a limit ends with TIMED_OUT, not before, however far the client came")
    void shouldEndAHandshakeWhenItsTimeIsOver(TestEngine engine) throws Exception {
        byte[] hello = clientHello("TLSv1.3");
        for (int sent : new int[] {0, 1, 20, hello.length}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                SecureConnection connection = link.connection().secure(Side.SERVER.options());
                Duration limit = Duration.ofMillis(100);
                long begin = System.nanoTime();
                connection.handshake(new OverlappedIO("handshake").timeout(limit));
                connection.receive(new OverlappedIO("receive"));
                connection.send(new OverlappedIO("send"), text("never"));
                if (sent > 0) {
                    link.peerSends(Arrays.copyOf(hello, sent));
                }
                List<Packet> all = packets.next(3);
                assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(limit.toNanos());
                assertThat(all.getFirst().attachment()).isEqualTo("handshake");
                assertThat(all.getFirst().status()).isEqualTo(Status.TIMED_OUT);
                assertThat(all.getFirst().io().failure()).isInstanceOf(InterruptedByTimeoutException.class);
                assertThat(connection.session()).isNull();
                endWithTlsError(all.subList(1, 3));
                refuseAllElse(connection, packets);
                connection.closeAndAwait();
            }
        }
    }

    /** They were behind a handshake that failed. */
    static void endWithTlsError(List<Packet> packets) {
        assertThat(packets).allSatisfy(packet -> {
            assertThat(packet.status()).isEqualTo(Status.TLS_ERROR);
            assertThat(packet.bytes()).isZero();
            assertThat(packet.io().failure()).isInstanceOf(SSLException.class);
        });
    }

    /** The connection is good for nothing but to be closed. */
    static void refuseAllElse(SecureConnection connection, Packets packets) throws Exception {
        connection.receive(new OverlappedIO());
        connection.send(new OverlappedIO(), text("never"));
        endWithTlsError(packets.next(2));
    }

    @EachEngine
    @DisplayName("a limit that is not reached has no effect")
    void shouldForgetTheLimitOfAHandshakeThatIsOver(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            TlsPeer peer = Side.SERVER.peer(link.peer());
            SecureConnection connection = link.connection().secure(Side.SERVER.options());
            connection.handshake(new OverlappedIO().timeout(Duration.ofMinutes(10)));
            peer.handshake();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            connection.receive(new OverlappedIO());
            peer.send("hello");
            assertThat(packets.next().text()).isEqualTo("hello");
        }
    }

    @EachEngine
    @DisplayName("a handshake that is cancelled ends with CANCELLED, what waits for it with TLS_ERROR")
    void shouldCancelAHandshake(TestEngine engine) throws Exception {
        byte[] hello = clientHello("TLSv1.2", "TLSv1.3");
        for (int sent : new int[] {0, 20, hello.length}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                SecureConnection connection = link.connection().secure(Side.SERVER.options());
                OverlappedIO handshake = new OverlappedIO("handshake");
                connection.handshake(handshake);
                connection.receive(new OverlappedIO());
                connection.send(new OverlappedIO(), text("never"));
                if (sent > 0) {
                    link.peerSends(Arrays.copyOf(hello, sent));
                }
                if (sent == hello.length) {
                    link.peerReads(1); // it is being answered
                }
                assertThat(handshake.cancel()).isTrue();
                List<Packet> all = packets.next(3);
                assertThat(all.getFirst().io()).isSameAs(handshake);
                assertThat(all.getFirst().status()).isEqualTo(Status.CANCELLED);
                endWithTlsError(all.subList(1, 3));
                refuseAllElse(connection, packets);
            }
        }
    }

    @EachEngine
    @DisplayName("cancels and limits race with handshakes: one packet each, and a connection that works or does not")
    void shouldBringOnePacketWhenACancelRacesWithTheHandshake(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        SSLContext server = TestCertificates.server();
        SSLContext client = TestCertificates.client();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Random random = new Random(106);
            int rounds = 60;
            for (int round = 0; round < rounds; round++) {
                Link link = fixture.link(port, round);
                TlsPeer peer = TlsPeer.client(link.peer(), client);
                SecureConnection connection = link.connection().secure(TlsOptions.server(server));
                OverlappedIO handshake = new OverlappedIO();
                boolean limited = random.nextBoolean();
                if (limited) {
                    handshake.timeout(Duration.ofNanos(1 + random.nextInt(8_000_000)));
                }
                connection.handshake(handshake);
                Beside<Boolean> far = Beside.run(() -> {
                    try {
                        peer.handshake();
                    } catch (IOException refused) {
                        return false;
                    }
                    return true;
                });
                if (!limited) {
                    java.util.concurrent.locks.LockSupport.parkNanos(random.nextInt(8_000_000));
                    handshake.cancel();
                }
                Packet packet = packets.next();
                assertThat(packet.io()).isSameAs(handshake);
                if (packet.status() == Status.OK) {
                    assertThat(far.end()).isTrue();
                    connection.receive(new OverlappedIO());
                    peer.send("works");
                    assertThat(packets.next().text()).isEqualTo("works");
                } else {
                    assertThat(packet.status()).isIn(Status.CANCELLED, Status.TIMED_OUT);
                    connection.receive(new OverlappedIO());
                    endWithTlsError(packets.next(1));
                    connection.close();
                    far.end();
                }
                connection.closeAndAwait();
            }
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(2 * rounds);
        }
    }

    @EachEngine
    @DisplayName(
            "closing the connection in the middle of the handshake ends it, and what waits for it, with HANDLE_CLOSED")
    void shouldCloseInTheMiddleOfTheHandshake(TestEngine engine) throws Exception {
        byte[] hello = clientHello("TLSv1.3");
        for (int sent : new int[] {0, 20, hello.length}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                SecureConnection connection = link.connection().secure(Side.SERVER.options());
                connection.handshake(new OverlappedIO("handshake"));
                connection.receive(new OverlappedIO());
                connection.send(new OverlappedIO(), text("never"));
                if (sent > 0) {
                    link.peerSends(Arrays.copyOf(hello, sent));
                }
                if (sent == hello.length) {
                    link.peerReads(1);
                }
                connection.closeAndAwait();
                List<Packet> all = packets.next(3);
                assertThat(all).allMatch(packet -> packet.status() == Status.HANDLE_CLOSED);
                assertThat(all.getFirst().attachment()).isEqualTo("handshake");
            }
        }
    }

    @EachEngine
    @DisplayName("closing the port in the middle of handshakes ends each with one packet")
    void shouldCloseThePortInTheMiddleOfHandshakes(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        byte[] hello = clientHello("TLSv1.3");
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            int connections = 12;
            for (int i = 0; i < connections; i++) {
                Link link = fixture.link(port, i);
                SecureConnection connection = link.connection().secure(Side.SERVER.options());
                connection.handshake(new OverlappedIO(i));
                connection.receive(new OverlappedIO(i));
                link.peerSends(Arrays.copyOf(hello, hello.length * (i % 3) / 2));
            }
            fixture.end(port);
            assertThat(packets.size()).isLessThanOrEqualTo(2 * connections);
        }
    }

    @EachEngine
    @DisplayName("many connections at once, of both versions, each with messages of its own")
    void shouldServeManyAtOnce(TestEngine engine) throws Exception {
        TlsEcho.run(engine, 50, 20, 20_000);
    }
}
