package io.iocp.benchmarks.echo;

import io.iocp.CompletionPort;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.metrics.IocpMetricsAutoConfiguration;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** An echo server as users of the starter write one, with its meters or without, and scraped as Prometheus does it. */
public final class AnnotatedEchoServer {

    private AnnotatedEchoServer() {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("iocp.engine", given.text("engine", "io-uring"));
        properties.put("iocp.concurrency", given.number("concurrency", 1));
        properties.put("iocp.servers.echo.address", "127.0.0.1");
        properties.put("iocp.servers.echo.port", 0);
        properties.put("iocp.events.publish", given.text("events", "false"));
        properties.put("spring.main.banner-mode", "off");
        properties.put("logging.level.root", "warn");
        if (!Boolean.parseBoolean(given.text("meters", "true"))) {
            properties.put("spring.autoconfigure.exclude", IocpMetricsAutoConfiguration.class.getName());
        }
        int scrapeSeconds = given.number("scrape-seconds", 5);
        given.done();
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                        .web(WebApplicationType.NONE)
                        .properties(properties)
                        .run();
                ScheduledExecutorService scraper = Executors.newSingleThreadScheduledExecutor()) {
            PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
            ScheduledFuture<?> scraping =
                    scraper.scheduleAtFixedRate(registry::scrape, scrapeSeconds, scrapeSeconds, TimeUnit.SECONDS);
            TcpServer server =
                    Objects.requireNonNull(context.getBean(TcpServers.class).server("echo"));
            InetSocketAddress address = Objects.requireNonNull(server.localAddress());
            CompletionPort port = context.getBean(CompletionPort.class);
            Console.serve(
                    address.getPort(),
                    () -> "engine=" + port.engine().engine() + " listener="
                            + (port.options().listener() != null));
            scraping.cancel(false);
        }
    }
}
