package io.iocp.spring.connection;

import static io.iocp.spring.connection.FramedApplication.application;
import static io.iocp.spring.connection.FramedApplication.awaitClosed;
import static io.iocp.spring.connection.FramedApplication.connect;
import static io.iocp.spring.connection.FramedApplication.receive;
import static io.iocp.spring.connection.FramedApplication.receiveAll;
import static io.iocp.spring.connection.FramedApplication.send;
import static io.iocp.spring.connection.FramedApplication.sendInPieces;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.framing.FrameDecoder;
import io.iocp.spring.framing.FrameException;
import io.iocp.spring.framing.Framing;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.Replies;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Servers whose handlers get frames, seen by a peer that cuts what it sends as it likes. */
class FramedServerTest {
    static class Brackets {
        @IoCompletionHandler(server = "framed")
        String bracket(String frame) {
            return "[" + frame + "]";
        }
    }

    // ---- the framings

    @EachEngine
    void shouldCallTheHandlerOnceForEachLineHoweverItIsCut(TestEngine engine) {
        application(engine, "type=line").withBean(Brackets.class).run(context -> {
            Random random = new Random(7);
            StringBuilder expected = new StringBuilder();
            ByteArrayOutputStream sent = new ByteArrayOutputStream();
            for (int i = 0; i < 400; i++) {
                String line = "é€x".repeat(random.nextInt(i % 50 == 0 ? 5000 : 30));
                sent.writeBytes((line + (random.nextBoolean() ? "\r\n" : "\n")).getBytes(UTF_8));
                expected.append('[').append(line).append(']');
            }
            try (Peer peer = connect(context, engine)) {
                Thread sender = Thread.startVirtualThread(() -> {
                    try {
                        sendInPieces(peer, sent.toByteArray(), random);
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
    void shouldEndFramesWithADelimiter(TestEngine engine) {
        application(engine, "type=delimiter", "delimiter=|\\x00", "strip-delimiter=false")
                .withBean(Brackets.class)
                .run(context -> {
                    try (Peer peer = connect(context, engine)) {
                        send(peer, "one|\0two|three|");
                        assertThat(receive(peer, 7)).isEqualTo("[one|\0]");
                        send(peer, "\0|\0");
                        assertThat(receive(peer, 17)).isEqualTo("[two|three|\0][|\0]");
                    }
                });
    }

    @EachEngine
    void shouldEndFramesAfterAFixedLength(TestEngine engine) {
        application(engine, "type=fixed", "length=3").withBean(Brackets.class).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "abcdefgh");
                assertThat(receive(peer, 10)).isEqualTo("[abc][def]");
                send(peer, "i");
                assertThat(receive(peer, 5)).isEqualTo("[ghi]");
            }
        });
    }

    @EachEngine
    void shouldEndFramesAsTheirLengthSays(TestEngine engine) {
        application(
                        engine,
                        "type=length-field",
                        "length-field.offset=1",
                        "length-field.width=2",
                        "length-field.order=little-endian",
                        "length-field.adjustment=-3",
                        "length-field.strip=3")
                .withBean(Brackets.class)
                .run(context -> {
                    try (Peer peer = connect(context, engine)) {
                        send(peer, "X\u0005\0abY\u0003\0Z");
                        assertThat(receive(peer, 6)).isEqualTo("[ab][]");
                        send(peer, "\u0004\0c");
                        assertThat(receive(peer, 3)).isEqualTo("[c]");
                    }
                });
    }

    // ---- a bean

    /** Numbers that are separated by commas; what is no digit ends the connection with a word about it. */
    static class Numbers implements Framing {
        @Override
        public FrameDecoder<Long> open() {
            return new FrameDecoder<>() {
                private long number = -1;

                @Override
                public @Nullable Long decode(ByteBuffer in) throws FrameException {
                    while (in.hasRemaining()) {
                        byte letter = in.get();
                        if (letter == ',') {
                            long whole = number;
                            number = -1;
                            return whole;
                        }
                        if (letter < '0' || letter > '9') {
                            throw new FrameException("no digit: " + letter).reply("what?".getBytes(UTF_8));
                        }
                        number = Math.max(number, 0) * 10 + letter - '0';
                    }
                    return null;
                }

                @Override
                public boolean partial() {
                    return number >= 0;
                }
            };
        }

        @Override
        public Class<?> frameType() {
            return Long.class;
        }
    }

    static class Doubles {
        @IoCompletionHandler(server = "framed")
        String twice(Long number) {
            return 2 * number + ";";
        }
    }

    private static ApplicationContextRunner numbers(TestEngine engine) {
        return application(engine, "type=bean", "bean=numbers")
                .withBean("numbers", Numbers.class)
                .withBean(Doubles.class);
    }

    @EachEngine
    void shouldGiveTheHandlerWhatTheBeanHasMade(TestEngine engine) {
        numbers(engine).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "1,20,30");
                assertThat(receive(peer, 5)).isEqualTo("2;40;");
                send(peer, "0,4,");
                assertThat(receive(peer, 6)).isEqualTo("600;8;");
                peer.shutdownOutput();
                assertThat(receiveAll(peer)).isEmpty();
            }
            awaitClosed(context, CloseReason.PEER);
        });
    }

    @EachEngine
    void shouldAnswerWhatCameBeforeABadFrameThenSayWhatIsWrongAndClose(TestEngine engine) {
        numbers(engine).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "1,2,three,4,");
                assertThat(receiveAll(peer)).isEqualTo("2;4;what?");
            }
            awaitClosed(context, CloseReason.BAD_FRAME);
        });
    }

    @EachEngine
    void shouldSayThatTheStreamHasEndedInTheMiddleOfAFrame(TestEngine engine) {
        numbers(engine).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "1,2,3");
                peer.shutdownOutput();
                assertThat(receiveAll(peer)).isEqualTo("2;4;");
            }
            awaitClosed(context, CloseReason.BAD_FRAME);
        });
    }

    /** Leaves everything until a full stop has come. */
    static class Sentences implements Framing {
        @Override
        public FrameDecoder<ByteBuffer> open() {
            return in -> {
                for (int i = in.position(); i < in.limit(); i++) {
                    if (in.get(i) == '.') {
                        ByteBuffer sentence = in.slice(in.position(), i + 1 - in.position());
                        in.position(i + 1);
                        return sentence;
                    }
                }
                return null;
            };
        }

        @Override
        public Class<?> frameType() {
            return ByteBuffer.class;
        }
    }

    @EachEngine
    void shouldBoundWhatABeanLeaves(TestEngine engine) {
        for (String rest : List.of("", ".")) {
            application(engine, "type=bean", "bean=sentences", "max-size=10B")
                    .withBean("sentences", Sentences.class)
                    .withBean(Brackets.class)
                    .run(context -> {
                        try (Peer peer = connect(context, engine)) {
                            send(peer, "123456789.");
                            assertThat(receive(peer, 12)).isEqualTo("[123456789.]");
                            send(peer, "123456789x" + rest + (rest.isEmpty() ? "y" : ""));
                            assertThat(receiveAll(peer)).isEmpty();
                        }
                        awaitClosed(context, CloseReason.FRAME_TOO_LARGE);
                    });
        }
    }

    // ---- limits and ends

    static class Dropped implements ConnectionListener {
        final List<String> reasons = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void dropped(String port, String owner, long connection, String reason) {
            reasons.add(port + " " + owner + " " + reason);
        }
    }

    @EachEngine
    void shouldCloseAConnectionThatSendsMoreThanTheMostAndTellOfIt(TestEngine engine) {
        Dropped dropped = new Dropped();
        application(engine, "type=line", "max-size=2KB")
                .withBean(Brackets.class)
                .withBean(Dropped.class, () -> dropped)
                .run(context -> {
                    String most = "x".repeat(2048);
                    try (Peer peer = connect(context, engine)) {
                        send(peer, most + "\r\n");
                        assertThat(receive(peer, 2050)).isEqualTo("[" + most + "]");
                        send(peer, "last\n" + most + "x\n");
                        assertThat(receiveAll(peer)).isEqualTo("[last]");
                    }
                    awaitClosed(context, CloseReason.FRAME_TOO_LARGE);
                    assertThat(dropped.reasons).containsExactly("default framed frame-too-large");
                });
    }

    static class Keeping {
        volatile @Nullable TcpConnection connection;

        @IoCompletionHandler(server = "framed")
        String received(String line, Replies replies) {
            connection = (TcpConnection) replies;
            return line;
        }
    }

    @EachEngine
    void shouldKeepNoMemoryWhileNothingIsUnfinished(TestEngine engine) {
        Keeping keeping = new Keeping();
        application(engine, "type=line", "max-size=100KB")
                .withBean(Keeping.class, () -> keeping)
                .run(context -> {
                    try (Peer peer = connect(context, engine)) {
                        send(peer, "one\ntwo");
                        assertThat(receive(peer, 3)).isEqualTo("one");
                        TcpConnection it = requireNonNull(keeping.connection);
                        await().until(() -> it.keptBytes() > 0);
                        assertThat(it.keptBytes()).isLessThan(1024);
                        for (int i = 0; i < 100; i++) {
                            send(peer, "z".repeat(1000));
                        }
                        await().until(() -> it.bytesReceived() == 7 + 100_000);
                        assertThat(it.keptBytes()).isLessThanOrEqualTo(100 * 1024 + 4096);
                        send(peer, "\n");
                        assertThat(receive(peer, 100_003)).hasSize(100_003);
                        await().until(() -> it.keptBytes() == 0);
                    }
                });
    }

    static class Ends {
        final List<String> calls = Collections.synchronizedList(new ArrayList<>());

        @IoCompletionHandler(server = "framed")
        void received(String line, Status status) {
            calls.add(status + " " + line);
        }
    }

    @EachEngine
    void shouldTellAHandlerThatWantsToKnowOnceThatTheStreamHasEnded(TestEngine engine) {
        Ends ends = new Ends();
        application(engine, "type=line").withBean(Ends.class, () -> ends).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a\nb\n");
                peer.shutdownOutput();
                assertThat(receiveAll(peer)).isEmpty();
            }
            awaitClosed(context, CloseReason.PEER);
            assertThat(ends.calls).containsExactly("OK a", "OK b", "EOF ");
        });
    }

    // ---- many at once

    static class Gathering {
        final StringBuilder gathered = new StringBuilder();

        @IoCompletionHandler(server = "framed")
        void received(String line, Replies replies) {
            gathered.append(line).append(' ');
            replies.afterFrames(() -> {
                replies.send(gathered.append(';').toString());
                gathered.setLength(0);
            });
        }
    }

    @EachEngine
    void shouldRunWhatIsToBeDoneAfterAllFramesOfAPacketOnce(TestEngine engine) {
        application(engine, "type=line").withBean(Gathering.class).run(context -> {
            try (Peer peer = connect(context, engine)) {
                send(peer, "a\nb\nc\n");
                peer.shutdownOutput();
                String all = receiveAll(peer);
                assertThat(all.replace(";", "")).isEqualTo("a b c ");
                if (engine.sockets()) {
                    assertThat(all).isEqualTo("a b c ;");
                }
            }
        });
    }

    /** After "stop" it wants nothing more until it is posted to. */
    static class Stopping {
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        private volatile @Nullable TcpConnection connection;

        @IoCompletionHandler(server = "framed")
        void received(String line, Replies replies) {
            connection = (TcpConnection) replies;
            lines.add(line);
            if (line.equals("stop")) {
                replies.pauseReceiving();
            }
        }

        @IoCompletionHandler(server = "framed", kinds = OperationKind.POST)
        void posted(Replies replies) {
            lines.add("posted");
            replies.resumeReceiving();
        }

        void goOn() throws IOException {
            requireNonNull(connection).connection().post(new OverlappedIO(), 0);
        }
    }

    @EachEngine
    void shouldGiveAPausedHandlerNothingAndThenEverythingInOrder(TestEngine engine) {
        Stopping stopping = new Stopping();
        application(engine, "type=line")
                .withBean(Stopping.class, () -> stopping)
                .run(context -> {
                    List<String> expected = new ArrayList<>();
                    try (Peer peer = connect(context, engine)) {
                        StringBuilder lines = new StringBuilder();
                        for (int i = 0; i < 3000; i++) {
                            expected.add(i % 1000 == 500 ? "stop" : "line " + i);
                            lines.append(expected.getLast()).append('\n');
                            if (expected.getLast().equals("stop")) {
                                expected.add("posted");
                            }
                        }
                        Thread sender = Thread.startVirtualThread(() -> {
                            try {
                                sendInPieces(peer, lines.toString().getBytes(UTF_8), new Random(3));
                                peer.shutdownOutput();
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                        });
                        for (int stops = 1; stops <= 3; stops++) {
                            int before = 500 + 1000 * (stops - 1) + stops; // each stop before has added one
                            await().until(() -> stopping.lines.size() == before);
                            assertThat(stopping.lines.getLast()).isEqualTo("stop");
                            stopping.goOn();
                        }
                        assertThat(receiveAll(peer)).isEmpty();
                        sender.join();
                    }
                    awaitClosed(context, CloseReason.PEER);
                    assertThat(stopping.lines).isEqualTo(expected);
                });
    }

    /** A short line asks for a long answer. */
    static class Generous {
        static final int BYTES = 300_000;
        volatile long mostPending;

        @IoCompletionHandler(server = "framed")
        byte[] received(String line, Replies replies) {
            mostPending = Math.max(mostPending, ((TcpConnection) replies).pendingBytes());
            byte[] answer = new byte[BYTES];
            answer[0] = (byte) Integer.parseInt(line);
            return answer;
        }
    }

    @EachEngine
    void shouldAnswerNoFurtherFramesWhileThePeerDoesNotRead(TestEngine engine) {
        Generous generous = new Generous();
        application(engine, "type=line")
                .withPropertyValues("iocp.servers.framed.send.high-water-mark=1MB")
                .withBean(Generous.class, () -> generous)
                .run(context -> {
                    try (Peer peer = connect(context, engine)) {
                        // One packet with questions whose answers are 30 MB.
                        byte[] questions = IntStream.range(0, 100)
                                .mapToObj(i -> i + "\n")
                                .reduce("", String::concat)
                                .getBytes(ISO_8859_1);
                        peer.output().write(questions);
                        peer.shutdownOutput();
                        for (int i = 0; i < 100; i++) {
                            byte[] answer = peer.input().readNBytes(Generous.BYTES);
                            assertThat(answer).hasSize(Generous.BYTES);
                            assertThat(answer[0]).isEqualTo((byte) i);
                        }
                        assertThat(peer.input().read()).isEqualTo(-1);
                    }
                    // What is asked for is pending, and one answer beyond the mark.
                    assertThat(generous.mostPending).isLessThan((1 << 20) + Generous.BYTES);
                    awaitClosed(context, CloseReason.PEER);
                });
    }
}
