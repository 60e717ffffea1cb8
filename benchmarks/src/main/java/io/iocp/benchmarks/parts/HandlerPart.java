package io.iocp.benchmarks.parts;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.metrics.IocpMetricsAutoConfiguration;
import java.io.IOException;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * A post that its handler posts again, on one worker: the handler is given to the port, or is an annotated method of an
 * application whose parameters are resolved. What differs is what the way to the handler costs.
 */
@State(Scope.Benchmark)
public class HandlerPart {
    private static final String KEY = "laps";

    /** How the handler is found. */
    @Param({"DIRECT", "ANNOTATED", "ANNOTATED_METRICS"})
    public Way way = Way.DIRECT;

    private final OverlappedIO packet = new OverlappedIO();
    private static final Laps LAPS = new Laps();

    /** Static for the application's handler. Written before the first post, which publishes it. */
    @SuppressWarnings("NullAway.Init") // by open()
    private static CompletionPort port;

    @SuppressWarnings("NullAway.Init") // by open()
    private AutoCloseable opened;

    /** How a packet comes to its handler. */
    public enum Way {
        DIRECT,
        ANNOTATED,
        ANNOTATED_METRICS
    }

    /** An application as users write it. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @IoCompletionHandler(channel = KEY)
        void completed(OverlappedIO packet, Status status, long bytes) {
            if (LAPS.goOn()) {
                port.post(packet, KEY, bytes, status);
            }
        }
    }

    @Setup
    public void open() throws IOException {
        if (way == Way.DIRECT) {
            port = Ports.open(this::completed);
            opened = port;
            return;
        }
        ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .properties(Map.of(
                        "iocp.concurrency",
                        1,
                        "iocp.events.publish",
                        false,
                        "spring.main.banner-mode",
                        "off",
                        "logging.level.root",
                        "warn",
                        "spring.autoconfigure.exclude",
                        way == Way.ANNOTATED ? IocpMetricsAutoConfiguration.class.getName() : ""))
                .run();
        opened = context;
        port = context.getBean(CompletionPort.class);
    }

    @TearDown
    public void close() throws Exception {
        opened.close();
    }

    private void completed(OverlappedIO taken) {
        if (LAPS.goOn()) {
            port.post(taken, KEY, taken.bytesTransferred(), taken.status());
        }
    }

    @Benchmark
    @OperationsPerInvocation(Laps.EACH)
    public void postToHandler() throws Exception {
        LAPS.run(() -> port.post(packet, KEY, 0, Status.OK));
    }
}
