package io.iocp.demo;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Starts the demo application and every service in the packages below. */
@SpringBootApplication
public class DemoApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(DemoApplication.class, arguments);
    }

    /** Who changed what through the actuator, for the endpoint {@code auditevents}: the last thousand, until the next start. */
    @Bean
    AuditEventRepository auditEvents() {
        return new InMemoryAuditEventRepository();
    }
}
