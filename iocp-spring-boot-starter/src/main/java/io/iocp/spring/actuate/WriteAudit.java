package io.iocp.spring.actuate;

import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Has every write on a port recorded as an audit event of Boot: done or refused, and by whom. The type is {@code IOCP_} and the action,
 * as in {@code IOCP_PAUSE}.
 *
 * <p>Thread: any.
 */
final class WriteAudit {
    /** In place of a name where nobody had to say who he is. */
    private static final String ANONYMOUS = "anonymous";

    private final ApplicationEventPublisher events;

    WriteAudit(ApplicationEventPublisher events) {
        this.events = events;
    }

    /**
     * Does it, and tells of it whatever comes of it.
     *
     * @param action known to us: it becomes a part of the event's type
     */
    ActionOutcome perform(
            SecurityContext who,
            String port,
            String action,
            Map<String, Object> details,
            Supplier<ActionOutcome> write) {
        ActionOutcome outcome;
        try {
            outcome = write.get();
        } catch (InvalidRequest e) {
            publish(who, port, action, details, "refused", String.valueOf(e.getReason()));
            throw e;
        } catch (RuntimeException | Error e) {
            publish(who, port, action, details, "failed", e.toString());
            throw e;
        }
        publish(who, port, action, details, "done", outcome.result());
        return outcome;
    }

    private void publish(
            SecurityContext who, String port, String action, Map<String, Object> details, String outcome, Object more) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("port", InvalidRequest.shown(port));
        data.put("action", action);
        data.putAll(details);
        data.put("outcome", outcome);
        data.put(outcome.equals("done") ? "result" : "reason", more);
        String type = "IOCP_" + action.toUpperCase(Locale.ROOT);
        events.publishEvent(new AuditApplicationEvent(nameOf(who.getPrincipal()), type, data));
    }

    private static String nameOf(@Nullable Principal principal) {
        String name = principal == null ? null : principal.getName();
        return name == null ? ANONYMOUS : name;
    }
}
