package io.iocp.spring.connection;

import static io.iocp.spring.connection.FramedApplication.application;
import static io.iocp.spring.connection.FramedApplication.awaitClosed;
import static io.iocp.spring.connection.FramedApplication.connect;
import static io.iocp.spring.connection.FramedApplication.receive;
import static io.iocp.spring.connection.FramedApplication.receiveAll;
import static io.iocp.spring.connection.FramedApplication.send;
import static io.iocp.spring.connection.FramedApplication.sendInPieces;
import static io.iocp.spring.connection.FramedApplication.server;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.server.TcpServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Handlers that return what will be the reply: its order, its end, and what happens meanwhile. */
class PendingReplyTest {

    /** A question that a handler was asked, to be answered by the test. */
    record Question(String line, CompletableFuture<String> answer) {}

    static class Asking {
        final BlockingQueue<Question> questions = new LinkedBlockingQueue<>();
        final List<Status> ends = Collections.synchronizedList(new ArrayList<>());

        @IoCompletionHandler(server = "framed")
        CompletionStage<String> received(String line, Status status) {
            if (status != Status.OK) {
                ends.add(status);
                return CompletableFuture.completedFuture("bye");
            }
            Question question = new Question(line, new CompletableFuture<>());
            questions.add(question);
            return question.answer();
        }

        private Question next() throws InterruptedException {
            return requireNonNull(questions.poll(20, TimeUnit.SECONDS));
        }
    }

    @EachEngine
    void shouldGiveTheHandlerNothingFurtherBeforeItsReplyIsThere(TestEngine engine) {
        Asking asking = new Asking();
        application(engine, "type=line").withBean(Asking.class, () -> asking).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a\nb\nc\n");
                Question first = asking.next();
                send(peer, "d\n");
                assertThat(asking.questions).isEmpty();
                first.answer().complete("A");
                assertThat(receive(peer, 1)).isEqualTo("A");
                for (String line : List.of("b", "c", "d")) {
                    Question question = asking.next();
                    assertThat(question.line()).isEqualTo(line);
                    assertThat(asking.questions).isEmpty();
                    question.answer().complete(line);
                    assertThat(receive(peer, 1)).isEqualTo(line);
                }
            }
        });
    }

    @EachEngine
    void shouldTellTheEndOfTheStreamAfterTheReply(TestEngine engine) {
        for (String framing : List.of("line", "none")) {
            Asking asking = new Asking();
            String asked = framing.equals("line") ? "a\n" : "a"; // which cannot come in two pieces
            application(engine, "type=" + framing)
                    .withBean(Asking.class, () -> asking)
                    .run(context -> {
                        try (Peer peer = connect(context, engine)) {
                            send(peer, asked);
                            peer.shutdownOutput();
                            Question question = asking.next();
                            await().until(() -> {
                                var stats =
                                        context.getBean(CompletionPort.class).stats();
                                return stats.bytesReceived() == asked.length() && stats.queueDepth() == 0;
                            });
                            assertThat(asking.ends).isEmpty();
                            question.answer().complete("A,");
                            assertThat(receiveAll(peer)).isEqualTo("A,bye");
                            assertThat(asking.ends).containsExactly(Status.EOF);
                        }
                        awaitClosed(context, CloseReason.PEER);
                    });
        }
    }

    @EachEngine
    void shouldKeepTheOrderWithoutFramingToo(TestEngine engine) {
        Asking asking = new Asking();
        application(engine).withBean(Asking.class, () -> asking).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a");
                Question first = asking.next();
                send(peer, "b");
                await().until(() ->
                        context.getBean(CompletionPort.class).stats().bytesReceived() == 2);
                assertThat(asking.questions).isEmpty();
                first.answer().complete("A");
                Question second = asking.next();
                assertThat(second.line()).isEqualTo("b");
                second.answer().complete("B");
                assertThat(receive(peer, 2)).isEqualTo("AB");
            }
        });
    }

    @EachEngine
    void shouldCloseTheConnectionOfAReplyThatFails(TestEngine engine) {
        Asking asking = new Asking();
        application(engine, "type=line").withBean(Asking.class, () -> asking).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a\nb\n");
                asking.next().answer().complete("A");
                assertThat(receive(peer, 1)).isEqualTo("A");
                asking.next().answer().completeExceptionally(new IOException("no answer"));
            }
            awaitClosed(context, CloseReason.HANDLER_FAILED);
        });
    }

    @EachEngine
    void shouldSendTheReplyBeforeADrainClosesTheConnection(TestEngine engine) {
        Asking asking = new Asking();
        application(engine, "type=line").withBean(Asking.class, () -> asking).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a\n");
                Question question = asking.next();
                TcpServer server = server(context);
                server.drain();
                assertThat(server.connections()).isEqualTo(1);
                question.answer().complete("A");
                assertThat(receiveAll(peer)).isEqualTo("A");
                awaitClosed(context, CloseReason.SHUTDOWN);
            }
        });
    }

    @EachEngine
    void shouldCancelWhatNobodyWillReadAnyMore(TestEngine engine) {
        Asking asking = new Asking();
        application(engine, "type=line").withBean(Asking.class, () -> asking).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a\n");
                Question question = asking.next();
                peer.reset();
                await().until(() -> server(context).connections() == 0);
                await().until(question.answer()::isCancelled);
            }
        });
    }

    /** Answers now, soon on another thread, or at about the same time as the handler returns. */
    static class Racing {
        final AtomicInteger inside = new AtomicInteger();
        final int connections;

        /** @param connections that there may be at once; each has one line in its handler at most */
        Racing(int connections) {
            this.connections = connections;
        }

        @IoCompletionHandler(server = "framed")
        CompletionStage<String> received(String line) {
            assertThat(inside.incrementAndGet()).isBetween(1, connections);
            CompletableFuture<String> answer = new CompletableFuture<>();
            Runnable complete = () -> {
                inside.decrementAndGet();
                answer.complete("[" + line + "]");
            };
            switch (ThreadLocalRandom.current().nextInt(3)) {
                case 0 -> complete.run();
                case 1 -> Thread.startVirtualThread(complete);
                default ->
                    CompletableFuture.delayedExecutor(
                                    ThreadLocalRandom.current().nextInt(300), TimeUnit.MICROSECONDS)
                            .execute(complete);
            }
            return answer;
        }
    }

    @EachEngine
    void shouldKeepTheOrderWhoeverIsFirst(TestEngine engine) {
        application(engine, "type=line")
                .withBean(Racing.class, () -> new Racing(1))
                .run(context -> {
                    StringBuilder lines = new StringBuilder();
                    StringBuilder expected = new StringBuilder();
                    for (int i = 0; i < 2000; i++) {
                        lines.append(i).append('\n');
                        expected.append('[').append(i).append(']');
                    }
                    try (Peer peer = connect(context, engine)) {
                        Thread sender = Thread.startVirtualThread(() -> {
                            try {
                                sendInPieces(peer, lines.toString().getBytes(UTF_8), new Random(11));
                                peer.shutdownOutput();
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                        });
                        assertThat(receiveAll(peer)).isEqualTo(expected.toString());
                        sender.join();
                    }
                    awaitClosed(context, CloseReason.PEER);
                });
    }

    @EachEngine
    void shouldLeaveNothingBehindWhoeverLeavesFirst(TestEngine engine) {
        application(engine, "type=line")
                .withBean(Racing.class, () -> new Racing(151))
                .run(context -> {
                    Random random = new Random(5);
                    for (int i = 0; i < 150; i++) {
                        try (Peer peer = connect(context, engine)) {
                            send(peer, "a\nb\nc\nd\n");
                            if (random.nextBoolean()) {
                                assertThat(receive(peer, 3)).isEqualTo("[a]");
                            }
                            if (random.nextBoolean()) {
                                peer.reset();
                            }
                        }
                    }
                    try (Peer last = connect(context, engine)) {
                        send(last, "z\n");
                        assertThat(receive(last, 3)).isEqualTo("[z]");
                    }
                    await().until(() -> server(context).connections() == 0);
                    await().until(() ->
                            context.getBean(CompletionPort.class).stats().queueDepth() == 0);
                });
    }
}
