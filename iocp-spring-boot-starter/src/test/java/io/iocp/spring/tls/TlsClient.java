package io.iocp.spring.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** The JDK's blocking TLS, as a client that looks at certificates and trusts them all. */
public final class TlsClient implements AutoCloseable {
    private final SSLSocket socket;

    private TlsClient(SSLSocket socket) {
        this.socket = socket;
    }

    /** Connects to this machine and does the handshake. */
    public static TlsClient connect(int port) throws IOException {
        return connect(port, context(null), parameters -> {});
    }

    public static TlsClient connect(int port, String serverName) throws IOException {
        return connect(
                port, context(null), parameters -> parameters.setServerNames(List.of(new SNIHostName(serverName))));
    }

    public static TlsClient connect(int port, SSLContext context, Consumer<SSLParameters> more) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 20_000);
            socket.setSoTimeout(20_000);
            SSLParameters parameters = socket.getSSLParameters();
            more.accept(parameters);
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return new TlsClient(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** A client's context, with a certificate to show or none. */
    public static SSLContext context(Certificates.@Nullable Pair own) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    own == null ? null : new KeyManager[] {new Showing(own)},
                    new TrustManager[] {new Everyone()},
                    null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    public SSLSocket socket() {
        return socket;
    }

    public X509Certificate serverCertificate() throws IOException {
        return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }

    public String ask(String question) throws IOException {
        socket.getOutputStream().write(question.getBytes(UTF_8));
        return read(question.length());
    }

    public String read(int bytes) throws IOException {
        return new String(socket.getInputStream().readNBytes(bytes), UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Shows the certificate whatever authorities the server has named. */
    private static final class Showing extends X509ExtendedKeyManager {
        private static final String ALIAS = "own";

        private final Certificates.Pair own;

        Showing(Certificates.Pair own) {
            this.own = own;
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return ALIAS;
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {own.certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.key();
        }
    }

    private static final class Everyone extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
