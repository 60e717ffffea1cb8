package io.iocp.benchmarks.echo;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.PortOptions;
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
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What observing a handler's call costs, and carrying the observation with a post: processor time of one thread, of a handler that
 * does nothing.
 */
public final class ObservationCost {
    private static final int CALLS = 1_000_000;
    private static final int ROUNDS = 9;

    private ObservationCost() {}

    /** A measured loop of {@link #CALLS} rounds. */
    private interface Loop {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        OverlappedIO packet = delivered();
        ObservationRegistry metered = ObservationRegistry.create();
        metered.observationConfig().observationHandler(new DefaultMeterObservationHandler(new SimpleMeterRegistry()));
        HandlerEndpoint off = handler(List.of());
        HandlerEndpoint on = handler(List.of(new HandlerObservations(metered, null)));
        print("call, not observed", () -> calls(off, packet));
        print("call, observed, with a timer", () -> calls(on, packet));
        try (CompletionPort plain = port(null);
                CompletionPort observed = port(new ObservedPosts(metered))) {
            print("post and poll, not observed", () -> posts(plain));
            print("post and poll, observed, outside of an observation", () -> posts(observed));
            Observation around = Observation.start("around", metered);
            try (Observation.Scope _ = around.openScope()) {
                print("post and poll, observed, inside of an observation", () -> posts(observed));
            }
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

    private static void print(String what, Loop loop) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] nanos = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long begin = threads.getCurrentThreadCpuTime();
            loop.run();
            nanos[i] = threads.getCurrentThreadCpuTime() - begin;
        }
        Arrays.sort(nanos);
        IO.println("%-52s %8.1f ns (least of %d rounds: %.1f)"
                .formatted(what, (double) nanos[ROUNDS / 2] / CALLS, ROUNDS, (double) nanos[0] / CALLS));
    }
}
