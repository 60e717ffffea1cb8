package io.iocp.spring.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EngineChoice;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.OnClosed;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.AliasFor;

/** How annotations become descriptions of handlers, and what is refused at start-up. */
class AnnotationsTest {

    private static ApplicationContextRunner with(Class<?>... handlers) {
        return HandlerApplication.with(EngineChoice.NIO, handlers);
    }

    private static Set<String> described(HandlerRegistry registry) {
        return registry.handlers().stream()
                .map(h -> h.id() + " " + h.target() + " " + (h.kinds().isEmpty() ? h.events() : h.kinds()))
                .collect(Collectors.toSet());
    }

    static class Names {
        public List<String> servers() {
            return List.of("lines", "raw");
        }
    }

    @Retention(RetentionPolicy.RUNTIME)
    @IoCompletionHandler(server = "raw", blocking = true)
    @interface RawHandler {
        @AliasFor(annotation = IoCompletionHandler.class, attribute = "id")
        String name();

        @AliasFor(annotation = IoCompletionHandler.class)
        OperationKind[] kinds() default {};
    }

    static class Attributes {
        @IoCompletionHandler(id = "${handler.id}", server = "#{@names.servers()}")
        void several(ByteBuffer data) {}

        @RawHandler(name = "own", kinds = OperationKind.POST)
        void own() {}

        @IoCompletionHandler(id = "twice", channel = "one")
        @IoCompletionHandler(id = "twice", channel = "#{'t' + 'wo'}")
        void twice(String attachment) {}

        @IoCompletionHandler(id = "none", server = "${no.server:}")
        void none() {}

        @OnClosed(
                id = "closed",
                server = {"raw", "lines"})
        void closed() {}
    }

    @Test
    void shouldResolveEveryAttribute() {
        with(Attributes.class)
                .withBean("names", Names.class)
                .withPropertyValues("handler.id=both")
                .run(context -> {
                    HandlerRegistry registry = context.getBean(HandlerRegistry.class);
                    assertThat(described(registry))
                            .containsExactlyInAnyOrder(
                                    "both server 'lines' [RECEIVE]",
                                    "both server 'raw' [RECEIVE]",
                                    "own server 'raw' [POST]",
                                    "twice channel 'one' of port 'default' [POST]",
                                    "twice channel 'two' of port 'default' [POST]",
                                    "closed server 'raw' [CLOSED]",
                                    "closed server 'lines' [CLOSED]");
                    assertThat(registry.handlers("own").getFirst().blocking()).isTrue();
                });
    }

    @IoCompletionHandler(server = "raw", blocking = true, autoStartup = "false")
    @IoCompletionHandler(server = "lines")
    static class OfClass {
        @IoCompletionHandler(id = "data")
        void data(String data) {}

        @IoCompletionHandler(id = "accepted", kinds = OperationKind.ACCEPT)
        void accepted() {}

        @OnClosed(id = "closed")
        void closed() {}

        @IoCompletionHandler(id = "elsewhere", channel = "x")
        void elsewhere() {}
    }

    @Test
    void shouldTakeWhatAMethodLeavesOutFromTheClass() {
        with(OfClass.class).run(context -> {
            HandlerRegistry registry = context.getBean(HandlerRegistry.class);
            assertThat(described(registry))
                    .containsExactlyInAnyOrder(
                            "data server 'lines' [RECEIVE]",
                            "data server 'raw' [RECEIVE]",
                            "accepted server 'lines' [ACCEPT]",
                            "accepted server 'raw' [ACCEPT]",
                            "closed server 'lines' [CLOSED]",
                            "closed server 'raw' [CLOSED]",
                            "elsewhere channel 'x' of port 'default' [POST]");
            for (HandlerEndpoint handler : registry.handlers("data")) {
                boolean raw = handler.target().equals(new HandlerTarget.Server("raw"));
                assertThat(handler.blocking()).isEqualTo(raw);
                assertThat(registry.isRunning(handler)).isEqualTo(!raw);
            }
        });
    }

    static class Overloaded {
        @IoCompletionHandler(server = "raw")
        void handle(ByteBuffer data) {}

        @IoCompletionHandler(server = "raw", kinds = OperationKind.POST)
        void handle(StringBuilder key) {}
    }

    @Test
    void shouldTellOverloadedMethodsApart() {
        with().withBean("overloaded", Overloaded.class)
                .run(context -> assertThat(
                                context.getBean(HandlerRegistry.class).handlers())
                        .extracting(HandlerEndpoint::id)
                        .containsExactlyInAnyOrder(
                                "overloaded.handle[ByteBuffer]", "overloaded.handle[StringBuilder]"));
    }

    // ---- mistakes

    static class SameId {
        @IoCompletionHandler(id = "same", server = "raw")
        void one() {}

        @IoCompletionHandler(id = "same", server = "lines")
        void two() {}
    }

    static class SamePackets {
        @IoCompletionHandler(server = "raw")
        void one() {}

        @IoCompletionHandler(server = "#{'raw'}")
        void two() {}
    }

    static class SameEvent {
        @OnClosed(server = "raw")
        void one() {}

        @OnClosed(server = "raw")
        void two() {}
    }

    static class Both {
        @IoCompletionHandler(server = "raw", kinds = OperationKind.RECEIVE, events = ConnectionEvent.CLOSED)
        void both() {}
    }

    static class OfNothing {
        @OnClosed
        void closed() {}
    }

    static class OfAChannel {
        @IoCompletionHandler(channel = "x", events = ConnectionEvent.DRAIN)
        void drain() {}
    }

    static class Packetless {
        @OnClosed(server = "raw")
        void closed(ByteBuffer data) {}
    }

    static class Answering {
        @OnClosed(server = "raw")
        String closed() {
            return "too late";
        }
    }

    static class Speaking {
        @OnClosed(server = "raw")
        void closed(Replies replies) {}
    }

    static class Unclear {
        @IoCompletionHandler(server = "raw", autoStartup = "perhaps")
        void data() {}
    }

    static class Mixed {
        @IoCompletionHandler(server = "raw", channel = "x")
        void data() {}
    }

    @Test
    void shouldRefuseMistakes() {
        assertInvalid(SameId.class, "'same'", "has the id of");
        assertInvalid(Both.class, "kinds of packets and also events", "@OnClosed");
        assertInvalid(OfNothing.class, "neither a server nor a client");
        assertInvalid(OfAChannel.class, "which has no events");
        assertInvalid(Packetless.class, "ByteBuffer data", "an event has no packet");
        assertInvalid(Answering.class, "nothing can be sent to a closed connection");
        assertInvalid(Speaking.class, "Replies", "nothing can be sent to a closed connection");
        assertInvalid(Unclear.class, "perhaps", "true or false");
        assertInvalid(Mixed.class, "also a channel");
        with(SamePackets.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasRootCauseInstanceOf(DuplicateHandlerException.class)
                        .rootCause()
                        .hasMessageContaining("RECEIVE packets"));
        with(SameEvent.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasRootCauseInstanceOf(DuplicateHandlerException.class)
                        .rootCause()
                        .hasMessageContaining("CLOSED events"));
    }

    private static void assertInvalid(Class<?> handler, String... message) {
        with(handler).run(context -> {
            Throwable failure = context.getStartupFailure();
            while (failure != null && !(failure instanceof InvalidHandlerException)) {
                failure = failure.getCause();
            }
            assertThat(failure).isNotNull().hasMessageContainingAll(message);
        });
    }

    // ---- parameters of one's own

    @Retention(RetentionPolicy.RUNTIME)
    @interface Size {}

    static class OfSize implements HandlerParameterResolver {
        @Override
        public @Nullable Source resolve(MethodParameter parameter, HandlerEndpoint handler) {
            return parameter.hasParameterAnnotation(Size.class)
                    ? (exchange, packet) -> exchange == null || packet == null
                            ? -1
                            : exchange.data(packet).remaining()
                    : null;
        }
    }

    static class Sized {
        @IoCompletionHandler(server = "raw")
        String data(@Size int size, java.util.Optional<java.io.IOException> failure, java.util.Optional<String> data) {
            return size + " " + failure.isPresent() + " " + data.orElse("nothing") + ";";
        }
    }

    @Test
    void shouldAskTheApplicationsResolversFirst() {
        with(Sized.class, OfSize.class).run(context -> {
            try (java.net.Socket socket = HandlerApplication.connect(context, "raw")) {
                HandlerApplication.send(socket, "four");
                assertThat(HandlerApplication.read(socket, "4 false four;")).isEqualTo("4 false four;");
            }
        });
    }
}
