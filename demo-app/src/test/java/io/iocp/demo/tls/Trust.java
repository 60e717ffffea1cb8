package io.iocp.demo.tls;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** What a client of the JDK trusts: one certificate, read from a PEM file. */
public final class Trust {
    private Trust() {}

    /** A context without sessions to resume. */
    public static SSLContext in(Path pem) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("one", certificate(pem));
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(pem.toString(), e);
        }
    }

    public static X509Certificate certificate(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(pem.toString(), e);
        }
    }

    /** A connection whose handshake, which asks for {@code localhost}, has succeeded, and whose reads give up after a while. */
    public static SSLSocket connect(InetSocketAddress server, Path pem) throws IOException {
        Socket plain = new Socket(server.getAddress(), server.getPort());
        try {
            plain.setSoTimeout(20_000);
            plain.setTcpNoDelay(true);
            SSLSocket socket =
                    (SSLSocket) in(pem).getSocketFactory().createSocket(plain, "localhost", server.getPort(), true);
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }
}
