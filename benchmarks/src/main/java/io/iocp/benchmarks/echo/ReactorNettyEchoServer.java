package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import reactor.netty.DisposableServer;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpServer;

/**
 * Reactor Netty's echo server of any bytes, as its users write one: what is received is sent as a stream, flushed as
 * {@code send} does by default.
 *
 * <p>With {@code metrics=true} its own meters are on, as they count in a Spring Boot application: in Micrometer's global
 * registry, with a Prometheus registry in it that is scraped every {@code scrape-seconds=}. They count bytes, the times of
 * reads and writes, and connections: what the starter's meters of a server count, though not how long the handler took.
 */
public final class ReactorNettyEchoServer {
    private static final int BACKLOG = 4096;

    private ReactorNettyEchoServer() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        NettyTransport transport = NettyTransport.named(given.text("transport", "epoll"));
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(given.number("loops", 1), transport.loops());
        boolean metrics = Boolean.parseBoolean(given.text("metrics", "false"));
        int scrapeSeconds = given.number("scrape-seconds", 5);
        given.done();
        // Its own choice between the native transports would be whichever is on the class path.
        LoopResources loops = nativeTransport -> group;
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        if (metrics) {
            Metrics.addRegistry(registry);
        }
        DisposableServer server = TcpServer.create()
                .runOn(loops)
                .host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .metrics(metrics)
                .handle((in, out) -> out.send(in.receive().retain()))
                .bindNow();
        try (ScheduledExecutorService scraper = Executors.newSingleThreadScheduledExecutor()) {
            ScheduledFuture<?> scraping =
                    scraper.scheduleAtFixedRate(registry::scrape, scrapeSeconds, scrapeSeconds, TimeUnit.SECONDS);
            Console.serve(
                    server.port(),
                    () -> "scrapeLines=" + registry.scrape().lines().count());
            scraping.cancel(false);
        } finally {
            server.disposeNow();
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }
}
