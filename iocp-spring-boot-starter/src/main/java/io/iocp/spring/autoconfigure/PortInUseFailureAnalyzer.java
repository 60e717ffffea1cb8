package io.iocp.spring.autoconfigure;

import io.iocp.spring.server.ServerSettings;
import io.iocp.spring.server.ServerStartException;
import java.net.BindException;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that a server cannot listen, because its port is in use or its address is not of this machine. */
final class PortInUseFailureAnalyzer extends AbstractFailureAnalyzer<ServerStartException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, ServerStartException cause) {
        if (!(cause.getCause() instanceof BindException)) {
            return null;
        }
        ServerSettings settings = cause.settings();
        String keys = "iocp.servers." + settings.name();
        if (settings.address() instanceof UnixDomainSocketAddress) {
            return new FailureAnalysis(
                    "Server '" + settings.name() + "' cannot listen on " + settings.address() + ": "
                            + cause.getCause().getMessage(),
                    "Stop the process that listens there, or set '" + keys + ".unix-socket' to another path.",
                    cause);
        }
        return new FailureAnalysis(
                "Server '" + settings.name() + "' cannot listen on " + settings.address() + ": "
                        + cause.getCause().getMessage(),
                "Stop the process that listens there, or set '" + keys
                        + ".port' to another port (0 for any free one) and '" + keys
                        + ".address' to an address of this machine.",
                cause);
    }
}
