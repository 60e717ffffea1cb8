package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.endpoint.SecurityContext;

/** Who did what, whatever came of it. */
class WriteAuditTest {
    private final List<AuditEvent> events = new ArrayList<>();
    private final WriteAudit audit =
            new WriteAudit(event -> events.add(((AuditApplicationEvent) event).getAuditEvent()));

    private static final SecurityContext ADA = new SecurityContext() {
        @Override
        public Principal getPrincipal() {
            return () -> "ada";
        }

        @Override
        public boolean isUserInRole(String role) {
            return false;
        }
    };

    @Test
    void shouldNameWhoHasDoneIt() {
        ActionOutcome done = new ActionOutcome("default", "pause", Map.of("state", "paused"));
        assertThat(audit.perform(ADA, "default", "pause", Map.of("server", "echo"), () -> done))
                .isSameAs(done);
        assertThat(events).hasSize(1).first().satisfies(event -> {
            assertThat(event.getPrincipal()).isEqualTo("ada");
            assertThat(event.getType()).isEqualTo("IOCP_PAUSE");
            assertThat(event.getData())
                    .containsEntry("port", "default")
                    .containsEntry("server", "echo")
                    .containsEntry("outcome", "done")
                    .containsEntry("result", Map.of("state", "paused"));
        });
    }

    @Test
    void shouldTellOfWhatWasRefusedByAnybody() {
        assertThatThrownBy(() -> audit.perform(SecurityContext.NONE, "a\nb", "drain", Map.of(), () -> {
                    throw InvalidRequest.notFound("there is no such thing", "none");
                }))
                .isInstanceOf(InvalidRequest.class);
        assertThat(events).hasSize(1).first().satisfies(event -> {
            assertThat(event.getPrincipal()).isEqualTo("anonymous");
            assertThat(event.getData())
                    .containsEntry("port", "a?b")
                    .containsEntry("outcome", "refused")
                    .containsEntry("reason", "there is no such thing; remedy: none");
        });
    }

    @Test
    void shouldTellOfWhatHasFailed() {
        assertThatThrownBy(() -> audit.perform(ADA, "default", "post", Map.of(), () -> {
                    throw new IllegalStateException("broken");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(events).extracting(e -> e.getData().get("outcome")).containsExactly("failed");
    }
}
