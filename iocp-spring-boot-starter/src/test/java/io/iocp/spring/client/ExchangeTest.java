package io.iocp.spring.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.handler.CloseReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Requests of a client and their answers, in lines. */
class ExchangeTest {

    private static ApplicationContextRunner application(EngineChoice engine, PlainServer server) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues(
                        "iocp.clients.up.host=127.0.0.1",
                        "iocp.clients.up.port=" + server.port(),
                        "iocp.clients.up.framing.type=line",
                        "iocp.clients.up.reconnect.initial-delay=2ms",
                        "iocp.clients.up.reconnect.max-delay=40ms",
                        "iocp.concurrency=2",
                        "iocp.engine=" + engine);
    }

    private static TcpClient connected(ApplicationContext context) {
        TcpClient client = context.getBean(TcpClient.class);
        await().until(() ->
                client.connections(ClientState.UP) == client.settings().connections());
        return client;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    @EachEngine
    void shouldGiveEachRequestItsAnswer(EngineChoice engine) throws Exception {
        int threads = 4;
        int each = 1_000;
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server)
                    .withPropertyValues("iocp.clients.up.connections=2")
                    .run(context -> {
                        TcpClient client = connected(context);
                        AtomicInteger right = new AtomicInteger();
                        List<Thread> askers = new ArrayList<>();
                        for (int t = 0; t < threads; t++) {
                            String prefix = t + " asks ";
                            askers.add(Thread.ofPlatform().start(() -> {
                                List<CompletableFuture<?>> answers = new ArrayList<>();
                                for (int i = 0; i < each; i++) {
                                    String question = prefix + i;
                                    answers.add(client.exchange(question + "\r\n", String.class)
                                            .thenAccept(answer -> {
                                                if (answer.equals(question)) {
                                                    right.incrementAndGet();
                                                }
                                            }));
                                }
                                CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                                        .join();
                            }));
                        }
                        for (Thread asker : askers) {
                            asker.join();
                        }
                        assertThat(right).hasValue(threads * each);
                        assertThat(client.isBusy()).isFalse();
                    });
        }
    }

    static class News {
        final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        @IoCompletionHandler(client = "up")
        void line(String line) {
            lines.add(line);
        }
    }

    @EachEngine
    void shouldGiveTheHandlerWhatNobodyHasAskedFor(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(socket -> {
            write(socket, "welcome\n");
            BufferedReader in = reader(socket);
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                write(socket, line + "!\nand by the way\n");
            }
        })) {
            application(engine, server).withBean(News.class).run(context -> {
                TcpClient client = connected(context);
                BlockingQueue<String> news = context.getBean(News.class).lines;
                assertThat(news.poll(20, TimeUnit.SECONDS)).isEqualTo("welcome");
                assertThat(client.exchange("a\n".getBytes(UTF_8), byte[].class).get(20, TimeUnit.SECONDS))
                        .asString(UTF_8)
                        .isEqualTo("a!");
                assertThat(news.poll(20, TimeUnit.SECONDS)).isEqualTo("and by the way");
                ByteBuffer bytes = client.exchange("b\n", ByteBuffer.class).get(20, TimeUnit.SECONDS);
                assertThat(UTF_8.decode(bytes).toString()).isEqualTo("b!");
            });
            application(engine, server).run(context -> {
                // Nobody has asked, and there is no handler: a peer that is out of step is of no use.
                TcpClient client = context.getBean(TcpClient.class);
                await().until(() -> client.closedFor(CloseReason.APPLICATION) > 1);
                assertThat(client.unclaimed()).isPositive();
            });
        }
    }

    @EachEngine
    void shouldDropTheAnswerOfARequestThatWasGivenUp(EngineChoice engine) throws Exception {
        CountDownLatch answering = new CountDownLatch(1);
        try (PlainServer server = new PlainServer(socket -> {
            BufferedReader in = reader(socket);
            String first = in.readLine();
            String second = in.readLine();
            awaitQuietly(answering);
            write(socket, first + "\n" + second + "\n");
            in.readLine();
        })) {
            application(engine, server).run(context -> {
                ClientConnection connection = connected(context).connection();
                CompletableFuture<String> first = connection.exchange("first\n", String.class);
                CompletableFuture<String> second = connection.exchange("second\n", String.class);
                first.cancel(true);
                answering.countDown();
                assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo("second");
            });
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @EachEngine
    void shouldFailWhatIsNotAnsweredWhenTheConnectionIsLost(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(socket -> {
            BufferedReader in = reader(socket);
            write(socket, in.readLine() + "\n");
            in.readLine();
        })) {
            application(engine, server).run(context -> {
                ClientConnection connection = connected(context).connection();
                CompletableFuture<String> first = connection.exchange("first\n", String.class);
                CompletableFuture<String> second = connection.exchange("second\n", String.class);
                assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("first");
                assertThat(second)
                        .failsWithin(20, TimeUnit.SECONDS)
                        .withThrowableThat()
                        .withCauseInstanceOf(IOException.class);
                assertThat(connected(context).exchange("third\n", String.class).get(20, TimeUnit.SECONDS))
                        .isEqualTo("third");
            });
        }
    }

    @EachEngine
    void shouldWaitForAnswersWhenItStops(EngineChoice engine) throws Exception {
        CountDownLatch answering = new CountDownLatch(1);
        try (PlainServer server = new PlainServer(socket -> {
            String line = reader(socket).readLine();
            awaitQuietly(answering);
            write(socket, line + "\n");
            socket.getInputStream().readAllBytes();
        })) {
            List<CompletableFuture<String>> answer = new ArrayList<>();
            application(engine, server).run(context -> {
                TcpClient client = connected(context);
                answer.add(client.exchange("at last\n", String.class));
                Thread.ofPlatform().daemon().start(() -> {
                    await().until(() -> client.connections(ClientState.DRAINING) == 1);
                    answering.countDown();
                });
            });
            assertThat(answer.getFirst()).isCompletedWithValue("at last");
        }
    }

    @EachEngine
    void shouldRefuseAnswersThatCannotBe(EngineChoice engine) throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            application(engine, server).run(context -> {
                TcpClient client = connected(context);
                assertThatThrownBy(() -> client.exchange("a\n", Integer.class))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("ByteBuffer, byte[] or String");
                assertThatThrownBy(() -> client.exchange("", String.class))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("no bytes");
            });
            application(engine, server)
                    .withPropertyValues("iocp.clients.up.framing.type=none")
                    .run(context -> {
                        TcpClient client = connected(context);
                        assertThatThrownBy(() -> client.exchange("a\n", String.class))
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("iocp.clients.up.framing.type");
                    });
        }
    }
}
