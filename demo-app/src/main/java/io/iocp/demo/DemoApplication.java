package io.iocp.demo;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts the demo application and every service in the packages below. {@link Auditing} stands for the excluded class. */
@SpringBootApplication(exclude = AuditAutoConfiguration.class)
public class DemoApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(DemoApplication.class, arguments);
    }
}
