package io.iocp.spring.autoconfigure;

import io.iocp.CompletionPort;
import io.iocp.PortOptions;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.framing.FrameEncoder;
import io.iocp.spring.handler.CompletionErrorHandler;
import io.iocp.spring.handler.HandlerDecorator;
import io.iocp.spring.handler.HandlerParameterResolver;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.handler.HandlerSupport;
import io.iocp.spring.handler.IoCompletionHandlerBeanPostProcessor;
import io.iocp.spring.server.GracefulShutdown;
import io.iocp.spring.server.ServerSettings;
import io.iocp.spring.server.TcpServers;
import io.iocp.spring.tls.TlsBundles;
import io.iocp.spring.tls.TlsProvider;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.thread.Threading;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.unit.DataSize;

/** Auto-configuration of the completion port, of handlers found by annotation, and of servers from properties. */
@AutoConfiguration(after = SslAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "iocp.enabled", matchIfMissing = true)
@EnableConfigurationProperties(IocpProperties.class)
@Import(ClientConfiguration.class)
public final class IocpAutoConfiguration {
    /** Name of the auto-configured port. */
    private static final String PORT_NAME = "default";

    /** How many handlers run at once on virtual threads, if all do and nothing else is said. */
    private static final int VIRTUAL_THREADS = 10_000;

    private static final long LEAST_SEND_MEMORY = 4 << 20;
    private static final long LEAST_DEFAULT_MEMORY = 64 << 20;

    private static final Duration LONGEST_DEFAULT_DEADLINE = Duration.ofSeconds(20);

    @Bean
    @ConditionalOnMissingBean
    HandlerRegistry iocpHandlerRegistry(IocpProperties properties, ListableBeanFactory beans, Environment environment) {
        return new HandlerRegistry(
                new HandlerSupport(
                        () -> ordered(beans, HandlerParameterResolver.class),
                        () -> encoders(beans),
                        () -> ordered(beans, HandlerDecorator.class),
                        () -> ordered(beans, CompletionErrorHandler.class),
                        name -> beans.getBean(name, CompletionErrorHandler.class)),
                onVirtualThreads(properties, environment),
                () -> ordered(beans, CompletionPort.class));
    }

    private static List<FrameEncoder<?>> encoders(ListableBeanFactory beans) {
        List<FrameEncoder<?>> encoders = new ArrayList<>();
        ordered(beans, FrameEncoder.class).forEach(encoders::add);
        return encoders;
    }

    private static <T> List<T> ordered(ListableBeanFactory beans, Class<T> type) {
        return beans.getBeanProvider(type).orderedStream().toList();
    }

    /** Whether every handler runs on a virtual thread. */
    private static boolean onVirtualThreads(IocpProperties properties, Environment environment) {
        Boolean asked = properties.handler().virtualThreads();
        return asked != null ? asked : Threading.VIRTUAL.isActive(environment);
    }

    @Bean
    static IoCompletionHandlerBeanPostProcessor ioCompletionHandlerBeanPostProcessor(
            ObjectProvider<HandlerRegistry> registry, ConfigurableBeanFactory beanFactory) {
        return new IoCompletionHandlerBeanPostProcessor(registry::getObject, beanFactory);
    }

    @Bean
    static LazyInitializationExcludeFilter iocpHandlersAreNotLazy() {
        return (name, definition, type) -> IoCompletionHandlerBeanPostProcessor.hasHandlers(type);
    }

    @Bean
    static LazyInitializationExcludeFilter iocpServersAreNotLazy() {
        return LazyInitializationExcludeFilter.forBeanTypes(TcpServers.class, GracefulShutdown.class, LocalPorts.class);
    }

    @Bean
    @ConditionalOnMissingBean
    CompletionPort completionPort(
            IocpProperties properties,
            HandlerRegistry registry,
            ObjectProvider<CompletionPortCustomizer> customizers,
            Environment environment)
            throws IOException {
        PortOptions options = optionsOf(properties);
        if (options.virtualThreads() == 0 && onVirtualThreads(properties, environment)) {
            options = options.virtualThreads(VIRTUAL_THREADS);
        }
        for (Iterator<CompletionPortCustomizer> i = customizers.orderedStream().iterator(); i.hasNext(); ) {
            options = i.next().customize(options);
        }
        CompletionPort port = CompletionPort.open(options, registry.dispatcher(options.name()));
        try {
            port.maxMemory(maxMemory(properties, options, port));
        } catch (RuntimeException e) {
            port.close();
            throw e;
        }
        return port;
    }

    /** Rings and receive buffers are the port's as soon as they are needed: what is left must be enough to reply at all. */
    private static long maxMemory(IocpProperties properties, PortOptions options, CompletionPort port) {
        DataSize max = properties.memory().max();
        if (max == null) {
            return Math.max(LEAST_DEFAULT_MEMORY, Runtime.getRuntime().maxMemory());
        }
        long buffers = properties.servers().values().stream()
                        .mapToLong(server -> server.receiveBufferSize().toBytes())
                        .distinct()
                        .sum()
                * options.receiveBuffers();
        long needed = port.stats().memory().getOrDefault("rings", 0L)
                + buffers * port.stats().shards().size()
                + LEAST_SEND_MEMORY;
        if (max.toBytes() < needed) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.memory.max",
                    max,
                    "Must be at least " + needed + " bytes: rings and receive buffers ('receive-buffer-size' times "
                            + options.receiveBuffers() + " for each of "
                            + port.stats().shards().size()
                            + " shards and each size), and " + LEAST_SEND_MEMORY + " for what waits to be sent.");
        }
        return max.toBytes();
    }

    private static PortOptions optionsOf(IocpProperties properties) {
        int concurrency = properties.concurrency();
        int max = properties.workers().max();
        require("iocp.concurrency", concurrency, 0, 1024);
        require("iocp.workers.max", max, 0, 65_000);
        require("iocp.workers.virtual-threads", properties.workers().virtualThreads(), 0, Integer.MAX_VALUE);
        int shards = concurrency == 0 ? Runtime.getRuntime().availableProcessors() : concurrency;
        if (max != 0 && max < shards) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.workers.max",
                    max,
                    "Must be 0 (twice the concurrency) or at least the concurrency, which is " + shards
                            + ": each shard needs a worker.");
        }
        return PortOptions.defaults()
                .name(PORT_NAME)
                .engine(properties.engine())
                .concurrency(concurrency)
                .maxWorkers(max)
                .virtualThreads(properties.workers().virtualThreads())
                .blockingDetection(properties.workers().blockingDetection())
                .closeHandles(true);
    }

    @Bean
    @ConditionalOnMissingBean
    TlsBundles iocpTlsBundles(
            IocpProperties iocp,
            ObjectProvider<SslBundles> bundles,
            ObjectProvider<SslProperties> properties,
            ResourceLoader resources,
            ApplicationEventPublisher events) {
        TlsProvider provider = iocp.ssl().provider();
        String problem = provider.problem();
        if (problem != null) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.ssl.provider",
                    provider,
                    "Cannot be used: " + problem + ". Use 'auto', which takes the JDK's TLS in its place.");
        }
        return new TlsBundles(
                bundles.getIfAvailable(),
                properties.getIfAvailable(),
                provider,
                ApplicationResourceLoader.get(resources, true), // as Boot resolves the bundles' locations
                InstantSource.system(),
                events::publishEvent);
    }

    @Bean
    @ConditionalOnMissingBean
    TcpServers iocpServers(
            IocpProperties properties,
            ObjectProvider<CompletionPort> ports,
            HandlerRegistry registry,
            TlsBundles bundles,
            ListableBeanFactory beans,
            ObjectProvider<HandshakeListener> listeners,
            ObjectProvider<ConnectionListener> observers,
            ApplicationEventPublisher events) {
        FramingBeans framings = new FramingBeans(beans);
        List<ServerSettings> settings = new ArrayList<>();
        Set<String> disabled = new TreeSet<>();
        properties.servers().forEach((name, server) -> {
            if (server.enabled()) {
                settings.add(server.settings(name, bundles, framings));
            } else {
                disabled.add(name);
            }
        });
        List<HandshakeListener> handshakes = listeners.orderedStream().toList();
        return new TcpServers(
                settings,
                disabled,
                ports.stream().toList(),
                registry,
                events::publishEvent,
                ended -> handshakes.forEach(listener -> listener.ended(ended)),
                ConnectionListener.of(observers.orderedStream().toList()));
    }

    static void require(String key, long value, long least, long most) {
        if (value < least || value > most) {
            throw new InvalidConfigurationPropertyValueException(
                    key, value, "Must be from " + least + " to " + most + ".");
        }
    }

    @Bean
    @ConditionalOnMissingBean
    GracefulShutdown iocpGracefulShutdown(
            TcpServers servers, IocpProperties properties, Environment environment, ApplicationEventPublisher events) {
        Duration deadline = deadline(properties, environment);
        Duration jitter = properties.shutdown().jitter();
        if (jitter.isNegative() || (!jitter.isZero() && jitter.compareTo(deadline) >= 0)) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.shutdown.jitter",
                    jitter,
                    "Must be shorter than the deadline, which is " + deadline
                            + ": what is open then is reset. Lower the one or raise the other.");
        }
        return new GracefulShutdown(servers, deadline, jitter, events::publishEvent);
    }

    static Duration deadline(IocpProperties properties, Environment environment) {
        String phaseKey = "spring.lifecycle.timeout-per-shutdown-phase";
        Duration phase = Binder.get(environment).bind(phaseKey, Duration.class).orElse(Duration.ofSeconds(30));
        Duration deadline = properties.shutdown().deadline();
        if (deadline == null) {
            Duration most = phase.multipliedBy(2).dividedBy(3);
            return most.compareTo(LONGEST_DEFAULT_DEADLINE) < 0 ? most : LONGEST_DEFAULT_DEADLINE;
        }
        if (deadline.isNegative() || deadline.compareTo(phase) >= 0) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.shutdown.deadline",
                    deadline,
                    "Must be shorter than '" + phaseKey + "', which is " + phase
                            + ": Spring would go on before the connections are closed. Lower the one or raise the other.");
        }
        return deadline;
    }

    @Bean
    LocalPorts iocpLocalPorts(org.springframework.core.env.ConfigurableEnvironment environment) {
        return new LocalPorts(environment);
    }
}
