package io.iocp.spring.health;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/** The health of a contributor with all its parts: the least well status, and the details of each part by its name. */
public final class WholeHealth {
    private WholeHealth() {}

    public static Health of(HealthContributor contributor) {
        if (contributor instanceof HealthIndicator indicator) {
            return Objects.requireNonNull(indicator.health());
        }
        Map<String, Object> details = new LinkedHashMap<>();
        Status[] worst = {Status.UP};
        ((CompositeHealthContributor) contributor).stream().forEach(part -> {
            Health health = of(part.contributor());
            details.put(part.name(), health.getDetails());
            if (severity(health.getStatus()) > severity(worst[0])) {
                worst[0] = health.getStatus();
            }
        });
        return Health.status(worst[0]).withDetails(details).build();
    }

    private static int severity(Status status) {
        return status.equals(Status.DOWN) ? 2 : status.equals(Status.OUT_OF_SERVICE) ? 1 : 0;
    }
}
