package io.iocp.benchmarks.echo;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.PortOptions;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.operation.Status;
import io.iocp.spring.handler.HandlerDecorator;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.handler.HandlerSupport;
import io.iocp.spring.handler.HandlerTarget;
import io.iocp.spring.observation.HandlerObservations;
import io.iocp.spring.observation.ObservedPosts;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What observing a handler's call costs, and carrying the observation with a post: processor time of one thread, of a handler that
 * does nothing.
 */
final class ObservationCost {
    static final Metric NANOS = new Metric("CPU ns each", 1);
    private static final int CALLS = 10_000;

    private ObservationCost() {}

    /** {@link #CALLS} of something. */
    private interface Loop {
        void run() throws Exception;
    }

    static Comparison measure(Settings settings, Progress progress) throws Exception {
        OverlappedIO packet = delivered();
        ObservationRegistry metered = ObservationRegistry.create();
        metered.observationConfig().observationHandler(new DefaultMeterObservationHandler(new SimpleMeterRegistry()));
        HandlerEndpoint off = handler(List.of());
        HandlerEndpoint on = handler(List.of(new HandlerObservations(metered, null)));
        Observation around = Observation.start("around", metered);
        try (CompletionPort plain = port(null);
                CompletionPort observed = port(new ObservedPosts(metered))) {
            Map<String, Loop> loops = new LinkedHashMap<>();
            loops.put("call, not observed", () -> calls(off, packet));
            loops.put("call, observed, with a timer", () -> calls(on, packet));
            loops.put("post and take, not observed", () -> posts(plain));
            loops.put("post and take, observed, outside of an observation", () -> posts(observed));
            loops.put("post and take, observed, inside of an observation", () -> {
                try (Observation.Scope _ = around.openScope()) {
                    posts(observed);
                }
            });
            return Rounds.of(
                    settings,
                    loops,
                    progress,
                    (loop, _, millis) -> Sample.empty().with(NANOS, nanosOf(loop, millis)));
        } finally {
            around.stop();
        }
    }

    private static HandlerEndpoint handler(List<HandlerDecorator> decorators) {
        HandlerRegistry registry = new HandlerRegistry(
                new HandlerSupport(List::of, List::of, () -> decorators, List::of, name -> {
                    throw new IllegalStateException(name);
                }),
                false,
                List::of);
        return registry.register("nothing", new HandlerTarget.Channel("default", "key"), (_, _) -> null);
    }

    private static CompletionPort port(@Nullable PortListener listener) throws Exception {
        return CompletionPort.open(
                PortOptions.defaults().engine(EngineChoice.NIO).concurrency(1).listener(listener));
    }

    private static OverlappedIO delivered() throws Exception {
        try (CompletionPort port = port(null)) {
            port.post("key", null);
            return port.take();
        }
    }

    private static void calls(HandlerEndpoint handler, OverlappedIO packet) throws Exception {
        for (int i = 0; i < CALLS; i++) {
            if (handler.invoke(null, packet) != null) {
                throw new AssertionError("the handler returns nothing");
            }
        }
    }

    private static void posts(CompletionPort port) throws Exception {
        OverlappedIO packet = new OverlappedIO();
        for (int i = 0; i < CALLS; i++) {
            port.post(packet, "key", 0, Status.OK);
            if (!packet.equals(port.take())) {
                throw new AssertionError("another packet");
            }
        }
    }

    private static double nanosOf(Loop loop, long millis) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        long begin = threads.getCurrentThreadCpuTime();
        long calls = 0;
        do {
            loop.run();
            calls += CALLS;
        } while (System.nanoTime() < end);
        return (double) (threads.getCurrentThreadCpuTime() - begin) / calls;
    }
}
