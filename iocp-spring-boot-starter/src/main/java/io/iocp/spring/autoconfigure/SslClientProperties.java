package io.iocp.spring.autoconfigure;

import io.iocp.spring.tls.ClientTls;
import io.iocp.spring.tls.TlsBundles;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * TLS of a client. Versions and cipher suites are the bundle's ('options.enabled-protocols', 'options.ciphers').
 *
 * @param bundle Name of the SSL bundle. Its trust store says whom to trust, the JVM's if it has none; its key, if it has one, is
 *     shown to servers that ask for it. No TLS by default.
 * @param handshakeTimeout Time from the connect within which the handshake must succeed.
 * @param applicationProtocols Names that are offered for ALPN, the best first. None by default.
 * @param serverName Name that is sent to the server (SNI) and looked for in its certificate. The host by default.
 * @param verifyHostName Whether the server's certificate must be for the name. Without that anybody whom the trust store trusts can
 *     pretend to be the server.
 */
public record SslClientProperties(
        @Nullable String bundle,
        @DefaultValue("10s") Duration handshakeTimeout,
        @DefaultValue List<String> applicationProtocols,
        @Nullable String serverName,
        @DefaultValue("true") boolean verifyHostName) {

    /**
     * Takes the bundle into use.
     *
     * @param hasHost whether a host name is known without {@code serverName}
     * @return null if the client has no TLS
     * @throws InvalidConfigurationPropertyValueException if a value makes no sense; it names the key
     */
    @Nullable
    ClientTls tls(String prefix, TlsBundles bundles, boolean hasHost) {
        if (bundle == null) {
            if (!applicationProtocols.isEmpty() || serverName != null || !verifyHostName) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "bundle",
                        null,
                        "Must be set, or the client would not use TLS although other keys below '"
                                + prefix.substring(0, prefix.length() - 1) + "' are set.");
            }
            return null;
        }
        if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "handshake-timeout",
                    handshakeTimeout,
                    "Must be positive: without a limit a server that never goes on keeps the connection for ever.");
        }
        if (serverName == null && !hasHost) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "server-name",
                    null,
                    "Must be set for a Unix socket, which has no host name that the certificate could be for.");
        }
        return bundles.forClient(prefix, bundle, serverName, verifyHostName, applicationProtocols, handshakeTimeout);
    }
}
