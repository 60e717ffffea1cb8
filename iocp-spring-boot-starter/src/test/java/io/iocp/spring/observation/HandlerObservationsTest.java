package io.iocp.spring.observation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.OnClosed;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.observation.IocpObservationAutoConfiguration;
import io.iocp.spring.server.TcpServers;
import io.micrometer.common.KeyValues;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationView;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Calls of handlers as observations, and what goes with a post. */
class HandlerObservationsTest {

    /** Each observation that has ended: its contextual name, and that of its parent. */
    static class Ended implements ObservationHandler<HandlerObservationContext> {
        final List<String> all = new CopyOnWriteArrayList<>();

        @Override
        public void onStop(HandlerObservationContext context) {
            ObservationView parent = context.getParentObservation();
            all.add(context.getContextualName() + " < "
                    + (parent != null && parent.getContextView() instanceof HandlerObservationContext of
                            ? of.handler().id()
                            : "none"));
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return context instanceof HandlerObservationContext;
        }
    }

    static class Handlers {
        final CompletionPort port;

        Handlers(CompletionPort port) {
            this.port = port;
        }

        @IoCompletionHandler(id = "data", server = "raw")
        CompletionStage<String> data(Connection connection, String data) throws Exception {
            switch (data) {
                case "port" -> port.post("jobs", "x");
                case "handle" -> connection.post(new OverlappedIO(), 0);
                case "delayed" -> {
                    var _ = port.postDelayed(new OverlappedIO(), "jobs", Duration.ofMillis(1), null);
                }
                case "throw" -> throw new IllegalStateException("as asked");
                case "late" -> {
                    return CompletableFuture.failedFuture(new IllegalStateException("as asked"));
                }
                default -> {}
            }
            return CompletableFuture.completedFuture(data);
        }

        @IoCompletionHandler(id = "posted", server = "raw", kinds = OperationKind.POST)
        void posted() {}

        @IoCompletionHandler(id = "job", channel = "jobs")
        void job() {}

        @OnClosed(id = "closed", server = "raw")
        void closed() {}
    }

    private static ApplicationContextRunner application(EngineChoice engine, Supplier<ObservationRegistry> registry) {
        return new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(IocpAutoConfiguration.class, IocpObservationAutoConfiguration.class))
                .withBean(ObservationRegistry.class, registry)
                .withBean(Handlers.class)
                .withPropertyValues(
                        "iocp.observation-enabled=true",
                        "iocp.servers.raw.port=0",
                        "iocp.servers.raw.address=127.0.0.1",
                        "iocp.engine=" + engine);
    }

    private static String say(ApplicationContext context, String text) throws Exception {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(requireNonNull(
                    requireNonNull(context.getBean(TcpServers.class).server("raw"))
                            .localAddress()));
            socket.getOutputStream().write(text.getBytes(UTF_8));
            return new String(socket.getInputStream().readNBytes(text.length()), UTF_8);
        }
    }

    private static ObservationRegistry recording(Ended ended) {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(ended);
        return registry;
    }

    @EachEngine
    void shouldMakeWhoeverHandlesAPostTheChildOfWhoHasPosted(EngineChoice engine) {
        Ended ended = new Ended();
        application(engine, () -> recording(ended)).run(context -> {
            for (String how : List.of("port", "handle", "delayed")) {
                ended.all.clear();
                assertThat(say(context, how)).isEqualTo(how);
                await().until(() -> ended.all.size() == 3);
                String child = how.equals("handle") ? "posted post" : "job post";
                assertThat(ended.all)
                        .containsExactlyInAnyOrder("data receive < none", child + " < data", "closed closed < none");
            }
        });
    }

    @EachEngine
    void shouldTagWhatBecameOfTheCall(EngineChoice engine) {
        TestObservationRegistry registry = TestObservationRegistry.create();
        application(engine, () -> registry).run(context -> {
            assertThat(say(context, "x")).isEqualTo("x");
            assertThat(say(context, "throw")).isEmpty();
            assertThat(say(context, "late")).isEmpty();
            await().untilAsserted(() -> TestObservationRegistryAssert.assertThat(registry)
                    .hasNumberOfObservationsWithNameEqualTo("iocp.handler.call", 6)
                    .hasAnObservationWithAKeyValue("outcome", "failure"));
            TestObservationRegistryAssert.assertThat(registry)
                    .hasAnObservationWithAKeyValue("server", "raw")
                    .hasAnObservationWithAKeyValue("handler", "data")
                    .hasAnObservationWithAKeyValue("port", "default")
                    .hasAnObservationWithAKeyValue("kind", "receive")
                    .hasAnObservationWithAKeyValue("status", "ok")
                    .hasAnObservationWithAKeyValue("kind", "closed")
                    .hasAnObservationWithAKeyValue("client", "none")
                    .hasAnObservationWithAKeyValue("outcome", "success");
        });
    }

    @Test
    void shouldTakeAnotherConvention() {
        TestObservationRegistry registry = TestObservationRegistry.create();
        application(EngineChoice.NIO, () -> registry)
                .withBean(HandlerObservationConvention.class, () -> new DefaultHandlerObservationConvention() {
                    @Override
                    public KeyValues getHighCardinalityKeyValues(HandlerObservationContext context) {
                        return KeyValues.of(
                                "connection",
                                context.connection() == null
                                        ? "none"
                                        : context.connection().owner());
                    }
                })
                .run(context -> {
                    assertThat(say(context, "x")).isEqualTo("x");
                    await().untilAsserted(() -> TestObservationRegistryAssert.assertThat(registry)
                            .hasAnObservationWithAKeyValue("connection", "raw"));
                });
    }

    @Test
    void shouldWorkWithoutContextPropagation() {
        Ended ended = new Ended();
        application(EngineChoice.NIO, () -> recording(ended))
                .withClassLoader(new FilteredClassLoader(ContextSnapshotFactory.class))
                .run(context -> {
                    assertThat(say(context, "port")).isEqualTo("port");
                    await().until(() -> ended.all.contains("job post < data"));
                });
    }

    @Test
    void shouldBackOff() {
        application(EngineChoice.NIO, ObservationRegistry::create)
                .withPropertyValues("iocp.observation-enabled=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(HandlerObservations.class)
                        .doesNotHaveBean("iocpObservedPosts"));
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(IocpAutoConfiguration.class, IocpObservationAutoConfiguration.class))
                .withPropertyValues("iocp.observation-enabled=true")
                .withClassLoader(new FilteredClassLoader("io.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(HandlerObservations.class));
    }
}
