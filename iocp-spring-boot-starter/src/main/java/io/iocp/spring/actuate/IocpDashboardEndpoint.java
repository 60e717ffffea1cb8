package io.iocp.spring.actuate;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Endpoint {@code iocpdashboard}: a page that shows live what the endpoints {@code iocp} and {@code iocpevents} beside it tell.
 * It holds no figure itself: whoever may not read those sees an empty page that says so.
 */
@WebEndpoint(id = "iocpdashboard", defaultAccess = Access.READ_ONLY)
public final class IocpDashboardEndpoint {
    private final String page = DashboardPage.compose();

    @ReadOperation(produces = "text/html;charset=UTF-8")
    public String page() {
        return page;
    }
}
