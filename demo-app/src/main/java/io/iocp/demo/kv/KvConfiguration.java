package io.iocp.demo.kv;

import io.iocp.CompletionPort;
import java.time.InstantSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Puts the store, its commands and its deadlines together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(KvProperties.class)
class KvConfiguration {

    private final InstantSource clock = InstantSource.system();

    @Bean(RespFraming.BEAN)
    RespFraming respFraming() {
        return new RespFraming();
    }

    @Bean
    KvStore kvStore(CompletionPort port) {
        return new KvStore(clock, new KvExpiry(port, clock), System.nanoTime());
    }

    @Bean
    KvCommands kvCommands(KvStore store, CompletionPort port, Environment environment) {
        return new KvCommands(store, new KvServerFacts(port, environment, clock.instant()), clock);
    }

    @Bean
    KvPersistence kvPersistence(KvProperties properties, CompletionPort port, KvStore store, KvCommands commands) {
        return new KvPersistence(properties, port, store, commands, clock);
    }

    @Bean
    KvPersistenceHealth kvPersistenceHealthIndicator(KvPersistence persistence) {
        return new KvPersistenceHealth(persistence);
    }
}
