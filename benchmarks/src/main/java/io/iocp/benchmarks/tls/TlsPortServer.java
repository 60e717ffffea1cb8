package io.iocp.benchmarks.tls;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.SecureConnection;
import io.iocp.TlsEngineFactory;
import io.iocp.TlsOptions;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** The completion port's TLS server, with the JDK's engine or OpenSSL's. */
public final class TlsPortServer {
    private final CompletionPort port;
    private final TlsOptions tls;
    private final int answerBytes;
    private final ByteBuffer answer;

    private TlsPortServer(PortOptions options, TlsOptions tls, int answerBytes) throws IOException {
        this.port = CompletionPort.openWithHandlersOfHandles(options);
        this.tls = tls;
        this.answerBytes = answerBytes;
        this.answer = TlsAnswers.of(answerBytes);
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        Arguments given = new Arguments(arguments);
        int loops = given.number("loops", 1);
        PortOptions options = PortOptions.defaults()
                .name("tls")
                .engine(EngineChoice.valueOf(given.text("engine", "io_uring").toUpperCase(Locale.ROOT)))
                .concurrency(loops)
                .maxWorkers(given.number("threads", 64))
                .closeHandles(true);
        Path keys = Path.of(given.text("keys", ""));
        TlsOptions tls = "openssl".equals(given.text("provider", "jdk")) ? openSsl(keys) : jdk(keys);
        int answerBytes = given.number("answer", 0);
        given.done();
        new TlsPortServer(options, tls, answerBytes).serve();
    }

    private static TlsOptions jdk(Path keys) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(TlsKeys.read(keys).getKeyManagers(), null, null);
        return TlsOptions.server(context)
                .withProtocols(TlsKeys.PROTOCOLS.toArray(String[]::new))
                .withCipherSuites(TlsKeys.CIPHER_SUITES.toArray(String[]::new));
    }

    private static TlsOptions openSsl(Path keys) throws IOException, GeneralSecurityException {
        SslContext context = NettyTls.context(keys, true);
        return TlsOptions.server(new TlsEngineFactory() {
            @Override
            public SSLEngine engine(TlsOptions options, @Nullable String serverName) {
                return context.newEngine(PooledByteBufAllocator.DEFAULT);
            }

            @Override
            public boolean prefersDirectBuffers() {
                return true;
            }

            @Override
            public void release(SSLEngine engine) {
                ReferenceCountUtil.release(engine);
            }
        });
    }

    private void serve() throws IOException {
        try (port) {
            Listener listener = port.openListener(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ListenOptions.defaults());
            port.associate(listener, null, this::accepted);
            listener.acceptContinuously(new OverlappedIO());
            Console.serve(((InetSocketAddress) listener.localAddress()).getPort(), () -> "");
        }
    }

    private void accepted(OverlappedIO packet) throws ClosedChannelException {
        if (packet.status() == Status.OK) {
            SecureConnection connection = packet.accepted().secure(tls);
            port.associate(connection, null, new Answering(connection));
            connection.handshake(new OverlappedIO());
            connection.receiveContinuously(new OverlappedIO());
        }
    }

    /** One connection. */
    private final class Answering implements CompletionHandler {
        private final SecureConnection connection;
        private final TlsAnswers answers = new TlsAnswers(answerBytes);
        private final Deque<OverlappedIO> sends = new ArrayDeque<>();

        Answering(SecureConnection connection) {
            this.connection = connection;
        }

        @Override
        public void completed(OverlappedIO packet) throws ClosedChannelException {
            if (packet.kind() == OperationKind.TLS_SEND) {
                sends.push(packet);
            } else if (packet.status() != Status.OK) {
                if (!packet.more()) {
                    connection.close();
                }
            } else if (packet.kind() == OperationKind.TLS_RECEIVE) {
                received(packet);
            }
        }

        private void received(OverlappedIO packet) throws ClosedChannelException {
            if (answers.echo()) {
                connection.send(next(), packet.retain());
                return;
            }
            int due = answers.due(packet.bytesTransferred());
            for (int i = 0; i < due; i++) {
                connection.send(next(), answer.duplicate());
            }
        }

        private OverlappedIO next() {
            OverlappedIO packet = sends.poll();
            return packet == null ? new OverlappedIO() : packet;
        }
    }
}
