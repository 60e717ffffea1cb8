package io.iocp.demo.kv;

import io.iocp.CompletionPort;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Puts the store, its commands and its deadlines together. */
@Configuration(proxyBeanMethods = false)
class KvConfiguration {

    private final InstantSource clock = InstantSource.system();

    @Bean
    KvStore kvStore(CompletionPort port) {
        return new KvStore(clock, new KvExpiry(port, clock), System.nanoTime());
    }

    @Bean
    KvCommands kvCommands(KvStore store, CompletionPort port, Environment environment) {
        return new KvCommands(store, new KvServerFacts(port, environment, clock.instant()), clock);
    }
}
