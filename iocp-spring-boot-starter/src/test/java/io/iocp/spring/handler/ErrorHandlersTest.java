package io.iocp.spring.handler;

import static io.iocp.spring.handler.HandlerApplication.connect;
import static io.iocp.spring.handler.HandlerApplication.read;
import static io.iocp.spring.handler.HandlerApplication.readToEnd;
import static io.iocp.spring.handler.HandlerApplication.send;
import static io.iocp.spring.handler.HandlerApplication.server;
import static io.iocp.spring.handler.HandlerApplication.with;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** What becomes of a connection whose handler throws. */
class ErrorHandlersTest {

    static class Lines {
        @IoCompletionHandler(server = "lines")
        CompletionStage<String> line(String line) {
            if (line.startsWith("late ")) {
                return CompletableFuture.supplyAsync(() -> {
                    throw new UnsupportedOperationException(line);
                });
            }
            if (line.startsWith("!")) {
                throw new IllegalArgumentException(line);
            }
            if (line.startsWith("?")) {
                throw new IllegalStateException(line);
            }
            if (line.startsWith("#")) {
                throw new ArithmeticException(line);
            }
            return CompletableFuture.completedFuture(line + ";");
        }

        @IoCompletionHandler(server = "raw", errorHandler = "own")
        String raw(String data) {
            throw new IllegalArgumentException(data);
        }

        @IoCompletionHandler(channel = "jobs")
        void job(String job) {
            throw new IllegalArgumentException(job);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Handlers {
        final AtomicReference<@Nullable HandlerFailure> last = new AtomicReference<>();

        @Bean
        @Order(2)
        CompletionErrorHandler keeps() {
            return failure -> {
                last.set(failure);
                Replies replies = failure.replies();
                if (replies != null) {
                    replies.send("kept " + failure.exception().getMessage() + ";");
                }
                return CompletionErrorHandler.Decision.KEEP;
            };
        }

        @Bean
        @Order(1)
        CompletionErrorHandler says() {
            return failure -> {
                Replies replies = failure.replies();
                if (failure.exception() instanceof ArithmeticException) {
                    throw new IllegalStateException("the error handler itself");
                }
                if (replies == null || !(failure.exception() instanceof IllegalStateException)) {
                    return CompletionErrorHandler.Decision.NEXT;
                }
                replies.send("goodbye;");
                return CompletionErrorHandler.Decision.CLOSE_WHEN_SENT;
            };
        }

        @Bean
        @Order(0)
        CompletionErrorHandler own() {
            return failure -> {
                Replies replies = failure.replies();
                if (replies != null) {
                    replies.send("own;");
                }
                return CompletionErrorHandler.Decision.KEEP;
            };
        }
    }

    @EachEngine
    void shouldPutTheReplyWhereTheResultWouldHaveBeen(EngineChoice engine) {
        with(engine, Lines.class, Handlers.class).run(context -> {
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\n!1\nb\nlate 2\nc\n?3\nd\n");
                assertThat(readToEnd(socket)).isEqualTo("a;kept !1;b;kept late 2;c;goodbye;");
            }
            await().until(() -> server(context, "lines").closed(CloseReason.HANDLER_FAILED) == 1);
        });
    }

    @EachEngine
    void shouldAskTheHandlersOwnFirstAndForNobodyElse(EngineChoice engine) {
        with(engine, Lines.class, Handlers.class).run(context -> {
            try (Socket socket = connect(context, "raw")) {
                send(socket, "x");
                assertThat(read(socket, "own;")).isEqualTo("own;");
            }
        });
    }

    @EachEngine
    void shouldCloseWhenTheErrorHandlerThrows(EngineChoice engine) {
        with(engine, Lines.class, Handlers.class).run(context -> {
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\n#1\nb\n");
                assertThat(readToEnd(socket)).isEqualTo("a;");
            }
            await().until(() -> server(context, "lines").closed(CloseReason.HANDLER_FAILED) == 1);
        });
    }

    @EachEngine
    void shouldCloseWithoutAnErrorHandler(EngineChoice engine) {
        with(engine, Lines.class)
                .withBean("own", CompletionErrorHandler.class, () -> _ -> CompletionErrorHandler.Decision.NEXT)
                .run(context -> {
                    try (Socket socket = connect(context, "lines")) {
                        send(socket, "a\nlate 1\nb\n");
                        assertThat(readToEnd(socket)).isEqualTo("a;");
                    }
                    await().until(() -> server(context, "lines").closed(CloseReason.HANDLER_FAILED) == 1);
                });
    }

    @EachEngine
    void shouldTellOfAChannelsHandlerToo(EngineChoice engine) {
        with(engine, Lines.class, Handlers.class).run(context -> {
            Handlers handlers = context.getBean(Handlers.class);
            context.getBean(CompletionPort.class).post("jobs", "x");
            await().until(() -> handlers.last.get() != null);
            HandlerFailure failure = requireNonNull(handlers.last.get());
            assertThat(failure.kind()).isEqualTo(OperationKind.POST);
            assertThat(failure.connection()).isNull();
            assertThat(failure.handler().failures()).isEqualTo(1);
        });
    }

    @Test
    void shouldSayAtStartUpThatAnErrorHandlerIsMissing() {
        with(EngineChoice.NIO, Lines.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .isInstanceOf(InvalidHandlerException.class)
                        .hasMessageContainingAll("'own'", "CompletionErrorHandler"));
    }
}
