package io.iocp.spring.autoconfigure;

import io.iocp.spring.handler.HandlerTarget;
import io.iocp.spring.handler.UnknownTargetException;
import java.util.Set;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that a handler names a server, a client or a port that does not exist. */
final class UnknownTargetFailureAnalyzer extends AbstractFailureAnalyzer<UnknownTargetException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnknownTargetException cause) {
        String remedy = switch (cause.handler().target()) {
            case HandlerTarget.Server server ->
                "Set 'iocp.servers." + server.name() + ".port', or name one of the servers that exist: "
                        + names(cause.known()) + ".";
            case HandlerTarget.Client client ->
                "Set 'iocp.clients." + client.name() + ".port', or name one of the clients that exist: "
                        + names(cause.known()) + ".";
            case HandlerTarget.Channel _, HandlerTarget.Port _ ->
                "Name one of the completion ports that exist (" + names(cause.known())
                        + "), or declare a CompletionPort bean of that name, opened with"
                        + " HandlerRegistry.dispatcher(name).";
        };
        return new FailureAnalysis(
                "The " + cause.handler() + " names the " + cause.handler().target() + ", which does not exist.",
                remedy,
                cause);
    }

    static String names(Set<String> known) {
        return known.isEmpty() ? "there is none" : String.join(", ", known);
    }
}
