package io.iocp.spring.actuate;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/** The endpoint {@code iocp} over HTTP: what cannot be answered has a status of its own, and a body with cause and remedy. */
@EndpointWebExtension(endpoint = IocpEndpoint.class)
public final class IocpEndpointWebExtension {
    private final IocpEndpoint endpoint;

    public IocpEndpointWebExtension(IocpEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** {@code GET iocp/{port}}. */
    @ReadOperation
    public WebEndpointResponse<Object> port(@Selector String port) {
        return answer(() -> endpoint.existingPort(port));
    }

    /** {@code GET iocp/{port}/{view}}. */
    @ReadOperation
    public WebEndpointResponse<Object> view(
            @Selector String port,
            @Selector String view,
            @Nullable String page,
            @Nullable String size,
            @Nullable String filter) {
        return answer(() -> endpoint.view(port, view, page, size, filter));
    }

    /** {@code GET iocp/{port}/{view}/{id}}. */
    @ReadOperation
    public WebEndpointResponse<Object> row(@Selector String port, @Selector String view, @Selector String id) {
        return answer(() -> endpoint.row(port, view, id));
    }

    /** {@code POST iocp/{port}/{action}}. */
    @WriteOperation
    public WebEndpointResponse<Object> act(
            SecurityContext who,
            @Selector String port,
            @Selector String action,
            @Nullable String key,
            @Nullable String attachment,
            @Nullable String bytes,
            @Nullable String server,
            @Nullable String connection,
            @Nullable String max) {
        return answer(() -> endpoint.act(who, port, action, key, attachment, bytes, server, connection, max));
    }

    /** {@code DELETE iocp/{port}/connections/{id}}. */
    @DeleteOperation
    public WebEndpointResponse<Object> close(
            SecurityContext who, @Selector String port, @Selector String view, @Selector String id) {
        return answer(() -> endpoint.close(who, port, view, id));
    }

    private static WebEndpointResponse<Object> answer(Supplier<Object> operation) {
        try {
            return new WebEndpointResponse<>(operation.get());
        } catch (InvalidRequest e) {
            return new WebEndpointResponse<>(e.problem(), e.status());
        }
    }
}
