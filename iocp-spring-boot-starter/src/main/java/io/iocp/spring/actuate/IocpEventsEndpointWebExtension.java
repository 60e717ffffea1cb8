package io.iocp.spring.actuate;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/** The endpoint {@code iocpevents} over HTTP: a request that makes no sense is answered with cause and remedy. */
@EndpointWebExtension(endpoint = IocpEventsEndpoint.class)
public final class IocpEventsEndpointWebExtension {
    private final IocpEventsEndpoint endpoint;

    public IocpEventsEndpointWebExtension(IocpEventsEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** {@code GET iocpevents}. */
    @ReadOperation
    public WebEndpointResponse<Object> events(
            @Nullable String type,
            @Nullable String port,
            @Nullable String key,
            @Nullable String server,
            @Nullable String client,
            @Nullable String after,
            @Nullable String limit,
            @Nullable String wait) {
        try {
            return new WebEndpointResponse<>(endpoint.events(type, port, key, server, client, after, limit, wait));
        } catch (InvalidRequest e) {
            return new WebEndpointResponse<>(e.problem(), e.status());
        }
    }
}
