package io.iocp.spring.tls;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A handshake of a server's material with a client that trusts everyone, in memory: some milliseconds. */
final class TrialHandshake {
    /** Many more flights than a handshake has. */
    private static final int MOST_STEPS = 100;

    private TrialHandshake() {}

    /**
     * Does nothing with material that has no key.
     *
     * @param server made of the material, to be used for nothing else
     * @throws SSLException if it fails
     */
    static void run(TlsMaterial material, SSLEngine server) throws SSLException {
        if (!material.hasKey()) {
            return;
        }
        SSLEngine client = engine(trustingEveryone(), material);
        client.beginHandshake();
        server.beginHandshake();
        ByteBuffer toServer = ByteBuffer.allocate(2 * client.getSession().getPacketBufferSize());
        ByteBuffer toClient = ByteBuffer.allocate(2 * server.getSession().getPacketBufferSize());
        for (int step = 0; step < MOST_STEPS; step++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
            if (isDone(client) && isDone(server)) {
                return;
            }
        }
        throw new SSLException("it does not come to an end");
    }

    private static SSLEngine engine(SSLContext context, TlsMaterial material) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        if (!material.protocols().isEmpty()) {
            engine.setEnabledProtocols(material.protocols().toArray(String[]::new));
        }
        if (!material.ciphers().isEmpty()) {
            engine.setEnabledCipherSuites(material.ciphers().toArray(String[]::new));
        }
        return engine;
    }

    private static boolean isDone(SSLEngine engine) {
        return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                && !engine.getSession().getProtocol().equals("NONE");
    }

    /** Lets one side do what it can. */
    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        ByteBuffer plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        in.flip();
        try {
            while (true) {
                switch (engine.getHandshakeStatus()) {
                    case NEED_TASK -> {
                        for (Runnable task = engine.getDelegatedTask();
                                task != null;
                                task = engine.getDelegatedTask()) {
                            task.run();
                        }
                    }
                    case NEED_WRAP -> {
                        if (engine.wrap(ByteBuffer.allocate(0), out).getStatus() != Status.OK) {
                            return;
                        }
                    }
                    default -> {
                        // Also behind the handshake: a ticket of TLS 1.3 comes then. And also without any bytes:
                        // OpenSSL's
                        // ends only when it is asked once more.
                        HandshakeStatus before = engine.getHandshakeStatus();
                        boolean asked = in.hasRemaining();
                        boolean fine = engine.unwrap(in, plain).getStatus() == Status.OK;
                        if (engine.getHandshakeStatus() == before && !(asked && fine)) {
                            return;
                        }
                    }
                }
            }
        } finally {
            in.compact();
        }
    }

    private static SSLContext trustingEveryone() throws SSLException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Everyone()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new SSLException("this JVM has no TLS", e);
        }
    }

    /** Never leaves this class: whether the certificate is trusted is the real clients' business. */
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
