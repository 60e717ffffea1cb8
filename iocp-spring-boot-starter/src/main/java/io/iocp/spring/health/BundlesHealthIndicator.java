package io.iocp.spring.health;

import io.iocp.spring.tls.TlsBundleStatus;
import io.iocp.spring.tls.TlsBundles;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** The SSL bundles in use, with what is wrong with newer material. Always up: what it means for a server, the server says. */
final class BundlesHealthIndicator extends AbstractHealthIndicator {
    static final String EXPIRED = "clients that verify the certificate in use turn away; remedy: install a valid one";

    private final TlsBundles bundles;
    private final InstantSource clock;

    BundlesHealthIndicator(TlsBundles bundles, InstantSource clock) {
        super("the SSL bundles could not be asked");
        this.bundles = bundles;
        this.clock = clock;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        bundles.review();
        Instant now = clock.instant();
        builder.up();
        bundles.statuses().forEach(bundle -> builder.withDetail(bundle.bundle(), detailsOf(bundle, now)));
    }

    private static Map<String, Object> detailsOf(TlsBundleStatus bundle, Instant now) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", bundle.state().toString());
        if (bundle.subject() != null) {
            details.put("subject", bundle.subject());
        }
        if (bundle.notAfter() != null) {
            details.put("notAfter", bundle.notAfter().toString());
        }
        details.put("appliedAt", bundle.appliedAt().toString());
        if (bundle.cause() != null) {
            details.put("cause", bundle.cause());
        }
        if (bundle.remedy() != null) {
            details.put("remedy", bundle.remedy());
        }
        if (bundle.expired(now)) {
            details.put("expired", EXPIRED);
        }
        return details;
    }
}
