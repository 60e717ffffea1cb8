package io.iocp.demo.kv;

import java.util.Locale;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Health of the append-only file: down while changes are refused because it cannot be written. */
final class KvPersistenceHealth extends AbstractHealthIndicator {

    private final KvPersistence persistence;

    KvPersistenceHealth(KvPersistence persistence) {
        super("the append-only file could not be asked");
        this.persistence = persistence;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        AppendOnlyFile log = persistence.log();
        if (log == null) {
            builder.up().withDetail("appendOnly", "no");
            return;
        }
        String failing = log.failing();
        builder.status(failing == null ? "UP" : "DOWN");
        log.parameters().forEach((name, value) -> builder.withDetail(name.toLowerCase(Locale.ROOT), value));
        if (failing != null) {
            builder.withDetail("error", failing)
                    .withDetail("remedy", "make room or replace the disk, then BGREWRITEAOF or restart");
        }
    }
}
