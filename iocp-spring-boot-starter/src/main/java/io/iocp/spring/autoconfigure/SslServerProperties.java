package io.iocp.spring.autoconfigure;

import io.iocp.TlsClientAuthentication;
import io.iocp.spring.tls.ServerTls;
import io.iocp.spring.tls.TlsBundles;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * TLS of a server. Versions and cipher suites are the bundle's ('options.enabled-protocols', 'options.ciphers').
 *
 * @param bundle Name of the SSL bundle with the server's certificate. No TLS by default.
 * @param clientAuth Whether clients are asked for a certificate. Needs a trust store in each of the server's bundles.
 * @param serverNameBundles SSL bundles of host names that clients ask for (SNI). Other clients get 'bundle'.
 * @param handshakeTimeout Time from the accept of a connection within which its handshake must succeed.
 * @param applicationProtocols Names that are offered for ALPN, the best first. None by default.
 */
public record SslServerProperties(
        @Nullable String bundle,
        @DefaultValue("none") TlsClientAuthentication clientAuth,
        @DefaultValue List<ServerNameBundle> serverNameBundles,
        @DefaultValue("10s") Duration handshakeTimeout,
        @DefaultValue List<String> applicationProtocols) {

    /**
     * The bundle of a host name.
     *
     * @param serverName Host name; '*.example.com' stands for any one label in front of it. The name itself goes first.
     * @param bundle Name of the SSL bundle.
     */
    public record ServerNameBundle(
            @Nullable String serverName, @Nullable String bundle) {}

    /**
     * Takes the bundles into use.
     *
     * @return null if the server has no TLS
     * @throws InvalidConfigurationPropertyValueException if a value makes no sense; it names the key
     */
    @Nullable
    ServerTls tls(String prefix, TlsBundles bundles) {
        if (bundle == null) {
            if (clientAuth != TlsClientAuthentication.NONE
                    || !serverNameBundles.isEmpty()
                    || !applicationProtocols.isEmpty()) {
                throw new InvalidConfigurationPropertyValueException(
                        prefix + "bundle",
                        null,
                        "Must be set, or the server would not use TLS although other keys below '"
                                + prefix.substring(0, prefix.length() - 1) + "' are set.");
            }
            return null;
        }
        if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "handshake-timeout",
                    handshakeTimeout,
                    "Must be positive: without a limit a client that never goes on keeps its connection for ever.");
        }
        return bundles.forServer(
                prefix, bundle, clientAuth, serverNames(prefix), applicationProtocols, handshakeTimeout);
    }

    private Map<String, String> serverNames(String prefix) {
        Map<String, String> names = new LinkedHashMap<>();
        for (int i = 0; i < serverNameBundles.size(); i++) {
            ServerNameBundle each = serverNameBundles.get(i);
            String key = prefix + "server-name-bundles[" + i + "].";
            if (each.bundle() == null || each.bundle().isBlank()) {
                throw new InvalidConfigurationPropertyValueException(
                        key + "bundle", each.bundle(), "Must be set to the name of an SSL bundle.");
            }
            String name;
            try {
                name = TlsBundles.serverName(each.serverName() == null ? "" : each.serverName());
            } catch (IllegalArgumentException e) {
                throw new InvalidConfigurationPropertyValueException(
                        key + "server-name", each.serverName(), String.valueOf(e.getMessage()));
            }
            if (names.putIfAbsent(name, each.bundle()) != null) {
                throw new InvalidConfigurationPropertyValueException(
                        key + "server-name", each.serverName(), "Is there already: a name has one bundle.");
            }
        }
        return names;
    }
}
