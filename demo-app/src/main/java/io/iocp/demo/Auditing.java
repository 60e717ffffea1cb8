package io.iocp.demo;

import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditListener;
import org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Keeps what was changed through the actuator, for the endpoint {@code auditevents}: the last thousand, until the next start.
 * {@link AuditAutoConfiguration} of Spring Boot 4.1.0 would add listeners to logins, which cannot be loaded without Spring
 * Security.
 */
@Configuration(proxyBeanMethods = false)
class Auditing {

    @Bean
    AuditEventRepository auditEvents() {
        return new InMemoryAuditEventRepository();
    }

    @Bean
    AuditListener auditListener(AuditEventRepository auditEvents) {
        return new AuditListener(auditEvents);
    }
}
