package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.serializer.Deserializer;
import org.springframework.core.serializer.Serializer;
import org.springframework.integration.config.EnableIntegration;
import org.springframework.integration.config.EnableIntegrationManagement;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.dsl.Tcp;
import org.springframework.integration.ip.tcp.connection.AbstractServerConnectionFactory;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpConnectionServerExceptionEvent;
import org.springframework.integration.ip.tcp.connection.TcpConnectionServerListeningEvent;
import org.springframework.integration.ip.tcp.connection.TcpListener;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import org.springframework.integration.ip.tcp.connection.TcpNioServerConnectionFactory;
import org.springframework.integration.ip.tcp.connection.TcpSender;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import org.springframework.integration.util.CompositeExecutor;
import org.springframework.messaging.Message;

/**
 * Spring Integration's echo server of any bytes, in a Spring Boot application.
 *
 * <ul>
 *   <li>{@code style=nio} is its connection factory with a selector: threads of one pool select and read, and {@code threads=}
 *       of another make messages of the bytes and handle them. One such thread keeps the answers of a connection in order; of
 *       several, one may overtake the other when the client does not wait for answers, which Spring Integration leaves to its
 *       users. {@code style=net} is the factory that blocks, a thread for each connection.
 *   <li>{@code virtual=} says whether the threads that read are virtual ones: by default for {@code net} only.
 *   <li>{@code handler=gateway} answers through a flow, an inbound gateway and a function of the payload: the counterpart of
 *       an annotated handler. {@code handler=listener} is as near to the socket as Spring Integration goes: the factory's
 *       listener sends on the connection, with no channel and no gateway in between.
 *   <li>{@code bytes=} is how long a message is, and the deserializer waits for all of it; 0, the default, takes what is there.
 *   <li>{@code metrics=true}, with the gateway, switches on Spring Integration's own meters, a timer for each channel and each
 *       handler that a message passes, in Spring Boot's Prometheus registry, which is scraped every {@code scrape-seconds=}. To
 *       be compared with the annotated handler with its meters on.
 * </ul>
 *
 * In all else the application is the annotated server's: the same automatic configuration, only that
 * {@code iocp.enabled=false}.
 */
public final class SpringIntegrationEchoServer {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 4096;

    private SpringIntegrationEchoServer() {}

    public static void main(String[] arguments) throws Exception {
        Arguments given = new Arguments(arguments);
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("iocp.enabled", false);
        properties.put("spring.main.banner-mode", "off");
        properties.put("logging.level.root", "warn");
        String style = given.text("style", "nio");
        properties.put("echo.style", style);
        properties.put("echo.virtual", given.text("virtual", Boolean.toString(style.equals("net"))));
        properties.put("echo.threads", given.number("threads", 1));
        properties.put("echo.bytes", given.number("bytes", 0));
        List<Class<?>> sources = new ArrayList<>(List.of(Application.class));
        sources.add(answering(given.text("handler", "gateway")));
        if (Boolean.parseBoolean(given.text("metrics", "false"))) {
            if (sources.contains(Listener.class)) {
                throw new IllegalArgumentException("a listener has no meters: metrics=true needs handler=gateway");
            }
            sources.add(Metered.class);
        }
        int scrapeSeconds = given.number("scrape-seconds", 5);
        given.done();

        // It is not closed but ends with the process: the selecting thread fails loudly when its factory is stopped.
        ConfigurableApplicationContext context = new SpringApplicationBuilder(sources.toArray(Class<?>[]::new))
                .web(WebApplicationType.NONE)
                .registerShutdownHook(false)
                .properties(properties)
                .run();
        try (ScheduledExecutorService scraper = Executors.newSingleThreadScheduledExecutor()) {
            // A gateway has started it before; a second start does nothing.
            context.getBean(AbstractServerConnectionFactory.class).start();
            int port = context.getBean(Listening.class).port.get(30, TimeUnit.SECONDS);
            PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
            ScheduledFuture<?> scraping =
                    scraper.scheduleAtFixedRate(registry::scrape, scrapeSeconds, scrapeSeconds, TimeUnit.SECONDS);
            Console.serve(port, () -> "scrapeLines=" + registry.scrape().lines().count());
            scraping.cancel(false);
        }
        // Some of its threads would keep the process.
        System.exit(0);
    }

    private static Class<?> answering(String handler) {
        return switch (handler) {
            case "gateway" -> Gateway.class;
            case "listener" -> Listener.class;
            default -> throw new IllegalArgumentException("handler is gateway or listener: " + handler);
        };
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableIntegration
    static class Application {
        @Bean
        Listening listening() {
            return new Listening();
        }

        /** That accept, select and read. */
        @Bean
        ExecutorService readers(@Value("${echo.virtual}") boolean virtual) {
            return virtual
                    ? Executors.newVirtualThreadPerTaskExecutor()
                    : Executors.newCachedThreadPool(
                            Thread.ofPlatform().daemon().name("read-", 1).factory());
        }

        /** That make messages of what a selector's readers have read. */
        @Bean
        ExecutorService assemblers(@Value("${echo.threads}") int threads) {
            return Executors.newFixedThreadPool(
                    threads, Thread.ofPlatform().daemon().name("assemble-", 1).factory());
        }

        @Bean
        AbstractServerConnectionFactory connections(
                @Value("${echo.style}") String style,
                @Value("${echo.bytes}") int bytes,
                ExecutorService readers,
                ExecutorService assemblers) {
            AbstractServerConnectionFactory connections = switch (style) {
                case "nio" -> {
                    TcpNioServerConnectionFactory nio = new TcpNioServerConnectionFactory(0);
                    nio.setUsingDirectBuffers(true);
                    nio.setTaskExecutor(new CompositeExecutor(readers, assemblers));
                    yield nio;
                }
                case "net" -> {
                    TcpNetServerConnectionFactory net = new TcpNetServerConnectionFactory(0);
                    net.setTaskExecutor(readers);
                    yield net;
                }
                default -> throw new IllegalArgumentException("style is nio or net: " + style);
            };
            Bytes format = new Bytes(bytes);
            connections.setSerializer(format);
            connections.setDeserializer(format);
            connections.setLocalAddress("127.0.0.1");
            connections.setBacklog(BACKLOG);
            connections.setSoTcpNoDelay(true);
            return connections;
        }
    }

    /** Meters of channels and handlers. */
    @Configuration(proxyBeanMethods = false)
    @EnableIntegrationManagement
    static class Metered {}

    /** The counterpart of an annotated handler. */
    @Configuration(proxyBeanMethods = false)
    static class Gateway {
        @Bean
        IntegrationFlow echo(AbstractServerConnectionFactory connections) {
            return IntegrationFlow.from(Tcp.inboundGateway(connections))
                    .handle(byte[].class, (payload, headers) -> payload)
                    .get();
        }
    }

    /** Sends each message back on the connection that it came from. */
    @Configuration(proxyBeanMethods = false)
    static class Listener implements TcpListener, TcpSender {
        private final Map<String, TcpConnection> open = new ConcurrentHashMap<>();

        Listener(AbstractServerConnectionFactory connections) {
            connections.registerListener(this);
            connections.registerSender(this);
        }

        @Override
        public void onMessage(Message<?> message) {
            String id = message.getHeaders().get(IpHeaders.CONNECTION_ID, String.class);
            TcpConnection connection = open.get(Objects.requireNonNull(id));
            if (connection != null) {
                connection.send(message);
            }
        }

        @Override
        public void addNewConnection(TcpConnection connection) {
            open.put(connection.getConnectionId(), connection);
        }

        @Override
        public void removeDeadConnection(TcpConnection connection) {
            open.remove(connection.getConnectionId());
        }
    }

    /** Where the server listens, once it does. */
    static final class Listening {
        final CompletableFuture<Integer> port = new CompletableFuture<>();

        @EventListener
        void on(TcpConnectionServerListeningEvent event) {
            port.complete(event.getPort());
        }

        @EventListener
        void on(TcpConnectionServerExceptionEvent event) {
            port.completeExceptionally(event.getCause());
        }
    }

    /** A message is so many bytes; 0 for those that are there. */
    private record Bytes(int length) implements Serializer<byte[]>, Deserializer<byte[]> {
        private static final ThreadLocal<byte[]> BUFFERS = ThreadLocal.withInitial(() -> new byte[BUFFER_BYTES]);

        @Override
        public byte[] deserialize(InputStream in) throws IOException {
            byte[] buffer = length == 0 ? BUFFERS.get() : new byte[length];
            int read = length == 0 ? in.read(buffer) : in.readNBytes(buffer, 0, length);
            if (read <= 0) {
                throw new SoftEndOfStreamException("closed between messages");
            }
            if (length == 0) {
                return Arrays.copyOf(buffer, read);
            }
            if (read < length) {
                throw new EOFException("closed after " + read + " bytes of a message");
            }
            return buffer;
        }

        @Override
        public void serialize(byte[] message, OutputStream out) throws IOException {
            out.write(message);
        }
    }
}
