package io.iocp.spring.handler;

import static io.iocp.spring.handler.HandlerApplication.connect;
import static io.iocp.spring.handler.HandlerApplication.read;
import static io.iocp.spring.handler.HandlerApplication.readToEnd;
import static io.iocp.spring.handler.HandlerApplication.send;
import static io.iocp.spring.handler.HandlerApplication.with;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.framing.FrameEncoder;
import io.iocp.spring.server.TcpServer;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.AbstractResource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What handlers return, as the peer gets it: in the order of what it replies to. */
class ReturnedValuesTest {
    @TempDir
    static Path files;

    // ---- stages

    static class Later {
        final LinkedBlockingQueue<CompletableFuture<String>> asked = new LinkedBlockingQueue<>();
        final AtomicInteger calls = new AtomicInteger();

        @IoCompletionHandler(server = "lines")
        CompletionStage<String> line(String line) {
            calls.incrementAndGet();
            if (line.equals("now")) {
                return CompletableFuture.completedFuture("now;");
            }
            CompletableFuture<String> later = new CompletableFuture<>();
            asked.add(later);
            return later;
        }
    }

    @EachEngine
    void shouldKeepTheOrderOfRepliesThatComeLater(EngineChoice engine) {
        with(engine, Later.class).run(context -> {
            Later handler = context.getBean(Later.class);
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\nnow\nb\nnow\n");
                CompletableFuture<String> a = handler.asked.poll(10, TimeUnit.SECONDS);
                assertThat(handler.calls).hasValue(1);
                assertThat(a).isNotNull();
                a.complete("a;");
                assertThat(read(socket, "a;now;")).isEqualTo("a;now;");
                CompletableFuture<String> b = handler.asked.poll(10, TimeUnit.SECONDS);
                assertThat(b).isNotNull();
                b.complete("b;");
                assertThat(read(socket, "b;now;")).isEqualTo("b;now;");
            }
        });
    }

    @EachEngine
    void shouldCancelTheStageWhenTheConnectionIsClosed(EngineChoice engine) {
        with(engine, Later.class).run(context -> {
            Later handler = context.getBean(Later.class);
            TcpServer server = HandlerApplication.server(context, "lines");
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\n");
                CompletableFuture<String> pending = handler.asked.poll(10, TimeUnit.SECONDS);
                assertThat(pending).isNotNull();
                server.closeConnection(server.connectionViews().getFirst().id());
                await().until(pending::isCancelled);
            }
        });
    }

    // ---- files

    static class OfFiles {
        @IoCompletionHandler(server = "lines")
        @Nullable
        Object line(String line) {
            return switch (line) {
                case "path" -> files.resolve("file");
                case "resource" -> new FileSystemResource(files.resolve("file"));
                case "missing" -> files.resolve("missing");
                case "nothing" -> null;
                case "bytes" -> new ByteArrayResource("of bytes;".getBytes(UTF_8));
                default -> line + ";";
            };
        }
    }

    static class SaysWhat implements CompletionErrorHandler {
        final AtomicReference<@Nullable HandlerFailure> seen = new AtomicReference<>();

        @Override
        public Decision failed(HandlerFailure failure) {
            seen.set(failure);
            Optional.ofNullable(failure.replies())
                    .ifPresent(replies ->
                            replies.send("!" + failure.exception().getClass().getSimpleName() + ";"));
            return Decision.KEEP;
        }
    }

    @EachEngine
    void shouldSendFilesAndResourcesInOrder(EngineChoice engine) throws Exception {
        String content = "0123456789".repeat(20_000) + ";";
        Files.writeString(files.resolve("file"), content);
        with(engine, OfFiles.class, SaysWhat.class).run(context -> {
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\npath\nb\nnothing\nresource\nbytes\nmissing\nc\n");
                String expected = "a;" + content + "b;" + content + "of bytes;!NoSuchFileException;c;";
                assertThat(read(socket, expected)).isEqualTo(expected);
                assertThat(context.getBean(SaysWhat.class).seen.get())
                        .extracting(HandlerFailure::exception)
                        .isInstanceOf(NoSuchFileException.class);
            }
        });
    }

    /** Much, made while it is read. */
    private static final class Much extends AbstractResource {
        static final int BYTES = 8 << 20;
        static final AtomicInteger READ = new AtomicInteger();
        static final AtomicBoolean CLOSED = new AtomicBoolean();

        @Override
        public String getDescription() {
            return "much";
        }

        @Override
        public InputStream getInputStream() {
            READ.set(0);
            CLOSED.set(false);
            return new InputStream() {
                @Override
                public int read() {
                    int at = READ.get();
                    if (at >= BYTES) {
                        return -1;
                    }
                    READ.incrementAndGet();
                    return (byte) (at * 31) & 0xFF;
                }

                @Override
                public int read(byte[] into, int from, int length) {
                    int count = Math.min(length, BYTES - READ.get());
                    for (int i = 0; i < count; i++) {
                        into[from + i] = (byte) read();
                    }
                    return count == 0 ? -1 : count;
                }

                @Override
                public void close() {
                    CLOSED.set(true);
                }
            };
        }
    }

    static class Streams {
        @IoCompletionHandler(server = "lines")
        Resource much(String line) {
            return line.equals("much") ? new Much() : new ByteArrayResource((line + ";").getBytes(UTF_8));
        }
    }

    @EachEngine
    void shouldReadAResourceNoFasterThanThePeerDoes(EngineChoice engine) {
        with(engine, Streams.class)
                .withPropertyValues("iocp.servers.lines.socket.send-buffer=64KB")
                .run(context -> {
                    try (Socket socket = new Socket()) {
                        socket.setReceiveBufferSize(64 << 10);
                        socket.setSoTimeout(20_000);
                        socket.connect(
                                HandlerApplication.server(context, "lines").localAddress());
                        send(socket, "much\nafter\n");
                        await().until(() -> Much.READ.get() > 0);
                        int first = socket.getInputStream().read();
                        assertThat(first).isZero();
                        assertThat(Much.READ.get()).isLessThan(Much.BYTES / 2);
                        byte[] rest = socket.getInputStream().readNBytes(Much.BYTES - 1);
                        for (int i = 0; i < rest.length; i++) {
                            if (rest[i] != (byte) ((i + 1) * 31)) {
                                throw new AssertionError("byte " + (i + 1) + " is " + rest[i]);
                            }
                        }
                        assertThat(read(socket, "after;")).isEqualTo("after;");
                        assertThat(Much.CLOSED).isTrue();
                    }
                });
    }

    @EachEngine
    void shouldCloseAResourceThatNobodyReadsAnyMore(EngineChoice engine) {
        with(engine, Streams.class).run(context -> {
            try (Socket socket = connect(context, "lines")) {
                send(socket, "much\n");
                assertThat(socket.getInputStream().read()).isZero();
                assertThat(Much.CLOSED).isFalse();
                socket.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
            }
            await().untilTrue(Much.CLOSED);
        });
    }

    // ---- several

    static class Several {
        @IoCompletionHandler(server = "lines")
        @Nullable
        Object line(String line) {
            return switch (line) {
                case "list" -> List.of("1,", "2,", "3;");
                case "stream" -> Stream.of("4,", "5;");
                case "flux" -> Flux.range(0, 2000).map(i -> i + ",").concatWithValues(";");
                case "mono" -> Mono.just("mono;");
                case "empty" -> Mono.empty();
                case "flow" -> flow();
                case "failing" -> Flux.just("begun,").concatWith(Flux.error(new IllegalStateException("as asked")));
                default -> line + ";";
            };
        }

        private static Flow.Publisher<String> flow() {
            SubmissionPublisher<String> publisher = new SubmissionPublisher<>();
            Thread.startVirtualThread(() -> {
                while (!publisher.hasSubscribers()) {
                    Thread.onSpinWait();
                }
                publisher.submit("flow,");
                publisher.submit("done;");
                publisher.close();
            });
            return publisher;
        }
    }

    @EachEngine
    void shouldSendSeveralRepliesInOrder(EngineChoice engine) {
        with(engine, Several.class, SaysWhat.class).run(context -> {
            StringBuilder numbers = new StringBuilder();
            for (int i = 0; i < 2000; i++) {
                numbers.append(i).append(',');
            }
            try (Socket socket = connect(context, "lines")) {
                send(socket, "a\nlist\nb\nstream\nflux\nmono\nempty\nflow\nfailing\nc\n");
                String expected = "a;1,2,3;b;4,5;" + numbers + ";mono;flow,done;begun,!IllegalStateException;c;";
                assertThat(read(socket, expected)).isEqualTo(expected);
            }
        });
    }

    static class Typed {
        @IoCompletionHandler(server = "lines")
        Flux<String> line(String line) {
            return Flux.fromArray(line.split(" ")).map(word -> word + ";");
        }

        @IoCompletionHandler(server = "raw")
        Mono<Void> nothing(ByteBuffer data) {
            return Mono.empty();
        }
    }

    @Test
    void shouldBindDeclaredPublishers() {
        with(EngineChoice.NIO, Typed.class).run(context -> {
            try (Socket socket = connect(context, "lines")) {
                send(socket, "some words\n");
                assertThat(read(socket, "some;words;")).isEqualTo("some;words;");
            }
        });
    }

    // ---- frame objects

    sealed interface Reply {
        record Word(String word) implements Reply {}

        record Count(int number) implements Reply {}
    }

    static class Encoders implements FrameEncoder<Reply> {
        @Override
        public Class<Reply> type() {
            return Reply.class;
        }

        @Override
        public ByteBuffer encode(Reply frame) {
            return ByteBuffer.wrap(
                    switch (frame) {
                        case Reply.Word word -> ("w:" + word.word() + ";").getBytes(UTF_8);
                        case Reply.Count count -> ("n:" + count.number() + ";").getBytes(UTF_8);
                    });
        }
    }

    static class Objects {
        @IoCompletionHandler(server = "lines")
        Reply line(String line) {
            return line.matches("[0-9]+") ? new Reply.Count(Integer.parseInt(line)) : new Reply.Word(line);
        }

        @IoCompletionHandler(server = "lines", kinds = OperationKind.ACCEPT)
        CompletionStage<Reply.Word> greeting() {
            return CompletableFuture.supplyAsync(() -> new Reply.Word("hello"));
        }
    }

    @EachEngine
    void shouldSendWhatEncodersMakeOfObjects(EngineChoice engine) {
        with(engine, Objects.class, Encoders.class).run(context -> {
            try (Socket socket = connect(context, "lines")) {
                assertThat(read(socket, "w:hello;")).isEqualTo("w:hello;");
                send(socket, "7\nx\n");
                assertThat(read(socket, "n:7;w:x;")).isEqualTo("n:7;w:x;");
                socket.shutdownOutput();
                assertThat(readToEnd(socket)).isEmpty();
            }
        });
    }

    @Test
    void shouldSayAtStartUpThatAnEncoderIsMissing() {
        with(EngineChoice.NIO, Objects.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .isInstanceOf(InvalidHandlerException.class)
                        .hasMessageContainingAll("Reply", "FrameEncoder"));
    }
}
