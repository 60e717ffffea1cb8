package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.contract.SecureLink.Side;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;

/** Receives over TLS: what they bring is plain text, however its records come. Semantics 5, contract tests 108 and 111. */
class TlsReceiveContractTest {

    private static byte[] random(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Packet expect(Packets packets, String text) throws InterruptedException {
        Packet packet = packets.next();
        assertThat(packet.status()).as("%s", packet.io().failure()).isEqualTo(Status.OK);
        assertThat(packet.text()).isEqualTo(text);
        assertThat(packet.bytes()).isEqualTo(text.length());
        return packet;
    }

    /** What it asks for comes once the loop has done all that was to be done before. */
    private static void settle(SecureConnection connection, Packets packets) throws Exception {
        OverlappedIO settled = new OverlappedIO("settled");
        connection.post(settled, 0);
        packets.awaitThat(all -> all.stream().anyMatch(packet -> packet.io() == settled));
    }

    @EachEngine
    @DisplayName(
            "108: tickets, new keys and empty records complete no receive: nothing looks like the end of the stream")
    void shouldNotCompleteAReceiveWithoutData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            // As a client, so that the tickets come to the port.
            SecureLink link = SecureLink.open(fixture, port, packets, Side.CLIENT);
            OverlappedIO single = new OverlappedIO("single");
            MemorySegment memory = MemorySegment.ofArray(new byte[100]);
            for (int round = 0; round < 5; round++) {
                if (round % 2 == 0) {
                    link.connection().receive(single);
                } else {
                    link.connection().receive(single, memory);
                }
                link.peer().updateKeys();
                link.peer().send(new byte[0]);
                link.peer().updateKeys();
                // The peer's keys are answered by the port's own, which come to it without a word of the application.
                link.connection().send(new OverlappedIO("send"), MemorySegment.ofArray(bytes("x")));
                assertThat(link.peer().readText(1)).isEqualTo("x");
                assertThat(packets.next().attachment()).isEqualTo("send");
                link.peer().send("data");
                assertThat(expect(packets, "data").io()).isSameAs(single);
            }
            // All of it in one piece, after which nothing comes.
            for (int round = 0; round < 3; round++) {
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                for (int i = 0; i <= round; i++) {
                    all.write(link.peer().sealedKeyUpdate());
                    all.write(link.peer().sealed(bytes("da")));
                    all.write(link.peer().sealedKeyUpdate());
                    all.write(link.peer().sealed(bytes("ta")));
                }
                link.connection().receive(single.fillBuffer(true), MemorySegment.ofArray(new byte[4 * (round + 1)]));
                link.peer().peer().output().write(all.toByteArray());
                expect(packets, "data".repeat(round + 1));
            }
            single.fillBuffer(false);
            OverlappedIO continuous = new OverlappedIO("continuous");
            link.connection().receiveContinuously(continuous);
            for (int round = 0; round < 5; round++) {
                link.peer().updateKeys();
                link.peer().send(new byte[0]);
                link.peer().send("data");
                Packet packet = expect(packets, "data");
                assertThat(packet.io()).isSameAs(continuous);
                assertThat(packet.more()).isTrue();
            }
        }
    }

    @EachEngine
    @DisplayName("108: new keys do not make a connection readable; data does")
    void shouldNotBeReadableWithoutData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets, Side.CLIENT);
            OverlappedIO readable = new OverlappedIO("readable");
            link.connection().awaitReadable(readable);
            link.peer().updateKeys();
            link.peer().send(new byte[0]);
            link.connection().send(new OverlappedIO("send"), MemorySegment.ofArray(bytes("x")));
            link.peer().readText(1);
            assertThat(packets.next().attachment()).isEqualTo("send");
            link.peer().send("data");
            Packet packet = packets.next();
            assertThat(packet.io()).isSameAs(readable);
            assertThat(packet.kind()).isEqualTo(OperationKind.READABLE);
            assertThat(packet.status()).isEqualTo(Status.OK);
            assertThat(packet.bytes()).isZero();
            link.connection().receive(new OverlappedIO());
            expect(packets, "data");
        }
    }

    @EachEngine
    @DisplayName(
            "111: what is left of a record completes the next receives, and makes the connection readable, by itself")
    void shouldServeReceivesFromWhatIsLeft(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, side);
                String text = "abcdefghijklmnopqrstuvwxyz";
                link.connection().receive(new OverlappedIO(), MemorySegment.ofArray(new byte[1]));
                link.peer().send(text);
                expect(packets, "a");
                // From here on the peer says nothing.
                link.connection().awaitReadable(new OverlappedIO());
                Packet readable = packets.next();
                assertThat(readable.kind()).isEqualTo(OperationKind.READABLE);
                assertThat(readable.status()).isEqualTo(Status.OK);
                link.connection().receive(new OverlappedIO(), Arena.global().allocate(2));
                assertThat(expect(packets, "bc").io().wireBytes()).isZero();
                link.connection()
                        .receive(
                                new OverlappedIO(),
                                MemorySegment.ofArray(new byte[1]),
                                Arena.ofAuto().allocate(2));
                assertThat(packets.next().bytes()).isEqualTo(3);
                link.connection().receive(new OverlappedIO().fillBuffer(true), MemorySegment.ofArray(new byte[4]));
                expect(packets, "ghij");
                for (int i = 0; i < 3; i++) {
                    link.connection().receive(new OverlappedIO(i), MemorySegment.ofArray(new byte[2]));
                }
                expect(packets, "kl");
                expect(packets, "mn");
                expect(packets, "op");
                link.connection().receive(new OverlappedIO());
                expect(packets, "qrstuvwxyz");
                // Now there is nothing any more.
                OverlappedIO nothing = new OverlappedIO("nothing");
                link.connection().awaitReadable(nothing);
                settle(link.connection(), packets);
                assertThat(nothing.isPending()).isTrue();
                assertThat(packets.next().attachment()).isEqualTo("settled");
                link.peer().send("new");
                assertThat(packets.next().io()).isSameAs(nothing);
            }
        }
    }

    @EachEngine
    @DisplayName("111: a continuous receive begins with what a single one has left")
    void shouldBeginAContinuousReceiveWithWhatIsLeft(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receive(new OverlappedIO(), MemorySegment.ofArray(new byte[3]));
            link.peer().send("one two three");
            expect(packets, "one");
            link.connection().receiveContinuously(new OverlappedIO());
            StringBuilder text = new StringBuilder();
            while (text.length() < " two three".length()) {
                text.append(packets.next().text());
            }
            assertThat(text).hasToString(" two three");
        }
    }

    @EachEngine
    @DisplayName("a million bytes through a buffer of any size, from three bytes to more than a record")
    void shouldReceiveIntoBuffersOfAnySize(TestEngine engine) throws Exception {
        for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, protocol);
                for (int size : new int[] {3, 1000, 16_384, 50_000}) {
                    byte[] data = random(size * 300 / (size > 100 ? 20 : 1), size);
                    Beside<Boolean> far = Beside.run(() -> link.peer().send(data));
                    MemorySegment memory = Arena.ofAuto().allocate(size);
                    OverlappedIO io = new OverlappedIO();
                    for (int at = 0; at < data.length; ) {
                        link.connection().receive(io, memory);
                        Packet packet = packets.next();
                        assertThat(packet.status()).isEqualTo(Status.OK);
                        assertThat(packet.bytes()).isBetween(1L, (long) size);
                        assertThat(bytes(packet.text()))
                                .isEqualTo(Arrays.copyOfRange(data, at, (int) (at + packet.bytes())));
                        at += (int) packet.bytes();
                    }
                    far.end();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("filling counts plain text, over any number of records, into memory of any kind")
    void shouldFillWithPlainText(TestEngine engine) throws Exception {
        byte[] data = random(300_000, 49);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets);
                Arena shared = Arena.ofShared()) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            for (MemorySegment memory : List.of(
                    MemorySegment.ofArray(new byte[data.length]),
                    shared.allocate(data.length),
                    Arena.ofAuto().allocate(data.length),
                    Arena.global().allocate(data.length))) {
                OverlappedIO io = new OverlappedIO().fillBuffer(true);
                link.connection().receive(io, memory);
                Beside<Boolean> far = Beside.run(() -> {
                    Random random = new Random(1);
                    for (int at = 0; at < data.length; ) {
                        int n = Math.min(data.length - at, 1 + random.nextInt(30_000));
                        link.peer().send(Arrays.copyOfRange(data, at, at + n));
                        at += n;
                    }
                });
                Packet packet = packets.next();
                assertThat(packet.io()).isSameAs(io);
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.bytes()).isEqualTo(data.length);
                assertThat(io.wireBytes()).isGreaterThan(data.length);
                assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(data);
                far.end();
            }
        }
    }

    @EachEngine
    @DisplayName("what is filled ends with fewer bytes at the end of the stream, by close_notify, then EOF")
    void shouldFillWithFewerBytesAtTheEnd(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            OverlappedIO io = new OverlappedIO().fillBuffer(true);
            link.connection().receive(io, MemorySegment.ofArray(new byte[10]));
            link.peer().send("abc");
            link.peer().finish();
            expect(packets, "abc");
            link.connection().receive(io, MemorySegment.ofArray(new byte[10]));
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    @DisplayName("several pieces are filled in order, without holes, from one record or more")
    void shouldScatter(TestEngine engine) throws Exception {
        byte[] data = random(100_000, 54);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            byte[] first = new byte[1];
            byte[] second = new byte[0];
            byte[] third = new byte[70_000];
            MemorySegment last = Arena.global().allocate(29_999);
            Beside<Boolean> far = Beside.run(() -> link.peer().send(data));
            link.connection()
                    .receive(
                            new OverlappedIO().fillBuffer(true),
                            MemorySegment.ofArray(first),
                            MemorySegment.ofArray(second),
                            MemorySegment.ofArray(third),
                            last);
            Packet packet = packets.next();
            assertThat(packet.status()).isEqualTo(Status.OK);
            assertThat(packet.bytes()).isEqualTo(data.length);
            assertThat(packet.text()).isEmpty();
            far.end();
            ByteBuffer all = ByteBuffer.allocate(data.length)
                    .put(first)
                    .put(third)
                    .put(last.asByteBuffer())
                    .flip();
            assertThat(all).isEqualTo(ByteBuffer.wrap(data));
            link.peer().send("abcdef");
            byte[] two = new byte[2];
            byte[] nine = new byte[9];
            link.connection().receive(new OverlappedIO(), MemorySegment.ofArray(two), MemorySegment.ofArray(nine));
            assertThat(packets.next().bytes()).isEqualTo(6);
            assertThat(two).isEqualTo(bytes("ab"));
            assertThat(Arrays.copyOf(nine, 5)).isEqualTo(new byte[] {'c', 'd', 'e', 'f', 0});
        }
    }

    @EachEngine
    @DisplayName("receives that wait are served in the order of their starts")
    void shouldServeReceivesInOrder(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            long before = packets.all().getLast().sequence();
            for (int i = 0; i < 10; i++) {
                link.connection().receive(new OverlappedIO(i), MemorySegment.ofArray(new byte[1]));
            }
            link.peer().send("abcd");
            link.peer().send("efghij");
            for (int i = 0; i < 10; i++) {
                Packet packet = expect(packets, String.valueOf((char) ('a' + i)));
                assertThat(packet.attachment()).isEqualTo(i);
                assertThat(packet.sequence()).isEqualTo(before + 1 + i);
            }
        }
    }

    @EachEngine
    @DisplayName("records that are split at every byte, and joined as they come, bring the same text")
    void shouldPutRecordsTogether(TestEngine engine) throws Exception {
        for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, protocol);
                link.connection().receiveContinuously(new OverlappedIO());
                StringBuilder sent = new StringBuilder();
                for (int cut = 1; cut < 60; cut++) {
                    String one = "first of " + cut;
                    String two = "second of " + cut;
                    sent.append(one).append(two);
                    byte[] record = link.peer().sealed(bytes(one));
                    byte[] next = link.peer().sealed(bytes(two));
                    byte[] joined = Arrays.copyOf(record, record.length + next.length);
                    System.arraycopy(next, 0, joined, record.length, next.length);
                    int at = Math.min(cut, joined.length);
                    link.peer().peer().output().write(joined, 0, at);
                    settle(link.connection(), packets);
                    link.peer().peer().output().write(joined, at, joined.length - at);
                    int length = sent.length();
                    packets.awaitThat(all -> textOf(all).length() >= length);
                }
                // And a byte at a time.
                byte[] slow = link.peer().sealed(bytes("slow"));
                sent.append("slow");
                for (byte b : slow) {
                    link.peer().peer().output().write(b);
                }
                packets.awaitThat(all -> textOf(all).length() >= sent.length());
                assertThat(textOf(packets.all())).isEqualTo(sent.toString());
            }
        }
    }

    private static String textOf(List<Packet> packets) {
        StringBuilder text = new StringBuilder();
        packets.forEach(packet -> text.append(packet.text()));
        return text.toString();
    }

    @EachEngine
    @DisplayName("a slow handler's connection is read up to its credit, and goes on; paused, it is not read at all")
    void shouldKeepToTheCredit(TestEngine engine) throws Exception {
        byte[] data = random(4_000_000, 8);
        AtomicInteger at = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch paused = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().receiveCredit(2), packet -> {
                if (!(packet.kind() == OperationKind.TLS_RECEIVE)) {
                    packets.completed(packet);
                    return;
                }
                if (packet.status() != Status.OK) {
                    packets.completed(packet);
                    end.countDown();
                    return;
                }
                ByteBuffer view = packet.data();
                int length = view.remaining();
                if (!view.equals(ByteBuffer.wrap(data, at.get(), length))) {
                    wrong.incrementAndGet();
                }
                int before = at.getAndAdd(length);
                if (before < 1_000_000 && at.get() >= 1_000_000) {
                    packet.connection().pauseReceiving();
                    paused.countDown();
                }
            });
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receiveContinuously(new OverlappedIO());
            Beside<Boolean> far = Beside.run(() -> {
                link.peer().send(data);
                link.peer().finish();
            });
            assertThat(paused.await(20, TimeUnit.SECONDS)).isTrue();
            settle(link.connection(), packets);
            link.connection().resumeReceiving();
            assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
            far.end();
            assertThat(wrong).hasValue(0);
            assertThat(at).hasValue(data.length);
            assertThat(packets.all().getLast().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    @DisplayName(
            "while it is paused a continuous receive delivers at most what was on its way, and all of it afterwards")
    void shouldPause(TestEngine engine) throws Exception {
        byte[] data = random(3_000_000, 9);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().pauseReceiving();
            link.connection().receiveContinuously(new OverlappedIO());
            Beside<Boolean> far = Beside.run(() -> {
                link.peer().send(data);
                link.peer().finish();
            });
            settle(link.connection(), packets);
            long early = packets.all().stream().mapToLong(Packet::bytes).sum();
            assertThat(early).isLessThan(data.length);
            link.connection().resumeReceiving();
            packets.awaitThat(all -> all.getLast().status() == Status.EOF);
            far.end();
            assertThat(bytes(textOf(packets.all()))).isEqualTo(data);
        }
    }

    @EachEngine
    @DisplayName("retained buffers keep their bytes while others come")
    void shouldKeepRetainedBuffers(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        List<io.iocp.operation.LeasedBuffer> kept = new ArrayList<>();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().receiveBuffers(4), packet -> {
                if (packet.kind() == OperationKind.TLS_RECEIVE && packet.more()) {
                    synchronized (kept) {
                        kept.add(packet.retain());
                    }
                }
                packets.completed(packet);
            });
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receiveContinuously(new OverlappedIO());
            for (int i = 0; i < 3; i++) {
                link.peer().send(String.valueOf(i));
                expect(packets, String.valueOf(i));
            }
            for (int i = 3; i < 40; i++) {
                link.peer().send("x");
                expect(packets, "x");
                synchronized (kept) {
                    kept.removeLast().release();
                }
            }
            synchronized (kept) {
                for (int i = 0; i < 3; i++) {
                    assertThat(kept.get(i).data().get(0)).isEqualTo((byte) ('0' + i));
                    kept.get(i).release();
                }
            }
        }
    }

    // ---- cancels and limits

    @EachEngine
    @DisplayName(
            "a receive that is cancelled, or whose time is over, has lost nothing: not in the middle of a record either")
    void shouldLoseNothingByACancel(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            OverlappedIO io = new OverlappedIO();
            byte[] record = link.peer().sealed(bytes("a record in two parts"));
            for (int round = 0; round < 2; round++) {
                boolean limited = round == 1;
                io.timeout(limited ? Duration.ofMillis(20) : null);
                link.connection().receive(io);
                link.peer().peer().output().write(record, round * 10, 10);
                if (!limited) {
                    settle(link.connection(), packets);
                    assertThat(packets.next().attachment()).isEqualTo("settled");
                    assertThat(io.cancel()).isTrue();
                }
                Packet packet = packets.next();
                assertThat(packet.io()).isSameAs(io);
                assertThat(packet.status()).isEqualTo(limited ? Status.TIMED_OUT : Status.CANCELLED);
                assertThat(packet.bytes()).isZero();
            }
            link.connection().receive(io.timeout(null));
            link.peer().peer().output().write(record, 20, record.length - 20);
            expect(packets, "a record in two parts");
        }
    }

    @EachEngine
    @DisplayName("a receive that is to be filled and is cancelled has the bytes that came by then")
    void shouldKeepThePartThatWasFilled(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            OverlappedIO io = new OverlappedIO().fillBuffer(true);
            byte[] memory = new byte[10];
            link.connection().receive(io, MemorySegment.ofArray(memory));
            link.peer().send("four");
            // When a send behind it has come back the four bytes are as a rule there; what is not comes later.
            io.timeout(null);
            settle(link.connection(), packets);
            assertThat(packets.next().attachment()).isEqualTo("settled");
            assertThat(io.cancel()).isTrue();
            Packet packet = packets.next();
            assertThat(packet.status()).isEqualTo(Status.CANCELLED);
            assertThat(packet.text()).isEqualTo("four".substring(0, (int) packet.bytes()));
            link.peer().send("more");
            int left = 8 - (int) packet.bytes();
            link.connection().receive(io, MemorySegment.ofArray(new byte[left]));
            expect(packets, "fourmore".substring((int) packet.bytes()));
        }
    }

    @EachEngine
    @DisplayName("cancels and limits race with records: one packet each, and every byte once and in order")
    void shouldBringEveryByteOnce(TestEngine engine) throws Exception {
        byte[] data = random(60_000, 66);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            SecureLink link = SecureLink.open(fixture, port, packets);
            Beside<Boolean> far = Beside.run(() -> {
                Random random = new Random(2);
                for (int at = 0; at < data.length; ) {
                    int n = Math.min(data.length - at, 1 + random.nextInt(700));
                    byte[] record = link.peer().sealed(Arrays.copyOfRange(data, at, at + n));
                    at += n;
                    int cut = random.nextInt(record.length);
                    link.peer().peer().output().write(record, 0, cut);
                    LockSupport.parkNanos(random.nextInt(300_000));
                    link.peer().peer().output().write(record, cut, record.length - cut);
                    if (random.nextInt(20) == 0) {
                        link.peer().updateKeys();
                    }
                }
                link.peer().finish();
            });
            Random random = new Random(66);
            int at = 0;
            int started = 1;
            OverlappedIO io = new OverlappedIO();
            MemorySegment memory = Arena.global().allocate(100);
            for (boolean end = false; !end; ) {
                io.timeout(random.nextInt(3) == 0 ? Duration.ofNanos(1 + random.nextInt(2_000_000)) : null);
                io.fillBuffer(false);
                switch (random.nextInt(3)) {
                    case 0 -> link.connection().receive(io);
                    case 1 -> link.connection().receive(io, memory);
                    default -> {
                        io.fillBuffer(true);
                        link.connection().receive(io, memory);
                    }
                }
                started++;
                if (random.nextInt(4) == 0) {
                    io.cancel();
                }
                Packet packet = packets.next();
                assertThat(packet.status()).isIn(Status.OK, Status.CANCELLED, Status.TIMED_OUT, Status.EOF);
                byte[] bytes = bytes(packet.text());
                assertThat(ByteBuffer.wrap(bytes)).isEqualTo(ByteBuffer.wrap(data, at, bytes.length));
                at += bytes.length;
                end = packet.status() == Status.EOF;
            }
            far.end();
            assertThat(at).isEqualTo(data.length);
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(started);
        }
    }

    @EachEngine
    @DisplayName("a continuous receive that is cancelled leaves what it has not delivered to the next one")
    void shouldGoOnAfterAContinuousReceive(TestEngine engine) throws Exception {
        byte[] data = random(1_000_000, 67);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            Beside<Boolean> far = Beside.run(() -> {
                link.peer().send(data);
                link.peer().finish();
            });
            Random random = new Random(67);
            int at = 0;
            OverlappedIO io = new OverlappedIO();
            for (boolean end = false; !end; ) {
                boolean continuous = random.nextBoolean();
                if (continuous) {
                    link.connection().receiveContinuously(io);
                } else {
                    link.connection().receive(io);
                }
                boolean cancelled = false;
                Packet packet = packets.next();
                while (true) {
                    byte[] bytes = bytes(packet.text());
                    assertThat(ByteBuffer.wrap(bytes)).isEqualTo(ByteBuffer.wrap(data, at, bytes.length));
                    at += bytes.length;
                    if (!packet.more()) {
                        break;
                    }
                    if (!cancelled && random.nextInt(3) == 0) {
                        cancelled = io.cancel();
                    }
                    packet = packets.next();
                }
                assertThat(packet.status()).isIn(Status.OK, Status.CANCELLED, Status.EOF);
                end = packet.status() == Status.EOF;
            }
            assertThat(at).isEqualTo(data.length);
            far.end();
        }
    }

    @EachEngine
    @DisplayName("a group of receives is cancelled together, and the session goes on")
    void shouldCancelAGroup(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            for (int i = 0; i < 4; i++) {
                link.connection().receive(new OverlappedIO(i).groupId(1 + i % 2));
            }
            assertThat(link.connection().isPending(1)).isTrue();
            assertThat(link.connection().cancel(1)).isEqualTo(2);
            assertThat(packets.next(2)).allSatisfy(packet -> {
                assertThat(packet.status()).isEqualTo(Status.CANCELLED);
                assertThat((int) packet.attachment() % 2).isZero();
            });
            link.peer().send("x");
            assertThat(expect(packets, "x").attachment()).isEqualTo(1);
            assertThat(link.connection().cancelAll()).isEqualTo(1);
            assertThat(packets.next().status()).isEqualTo(Status.CANCELLED);
            link.connection().receive(new OverlappedIO());
            link.peer().send("y");
            expect(packets, "y");
        }
    }

    // ---- delivery

    private record Errand(java.util.concurrent.Callable<StartResult> step, CompletableFuture<StartResult> result) {}

    @EachEngine
    @DisplayName("with skipping, what is left of a record ends a receive within its start; a start never has both")
    void shouldSkipThePacketOrPostIt(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packet -> {
                if (packet.attachment() instanceof Errand errand) {
                    errand.result.complete(errand.step.call());
                } else {
                    packets.completed(packet);
                }
            });
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            byte[] memory = new byte[1];
            OverlappedIO io = new OverlappedIO();
            link.connection().receive(io, MemorySegment.ofArray(memory));
            link.peer().send("abcdefgh");
            expect(packets, "a");
            int posted = 0;
            for (char c = 'b'; c <= 'h'; c++) {
                int before = packets.size();
                CompletableFuture<StartResult> result = new CompletableFuture<>();
                port.post(
                        "errand",
                        new Errand(() -> link.connection().receive(io, MemorySegment.ofArray(memory)), result));
                if (result.get(20, TimeUnit.SECONDS) == StartResult.COMPLETED_NOT_POSTED) {
                    assertThat(Packet.of(io).text()).isEqualTo(String.valueOf(c));
                    assertThat(packets.size()).isEqualTo(before);
                } else {
                    expect(packets, String.valueOf(c));
                    posted++;
                }
            }
            assertThat(packets.size()).isEqualTo(2 + posted);
        }
    }

    @EachEngine
    @DisplayName("receives go to futures, in order")
    void shouldDeliverToFutures(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            OverlappedIO one = new OverlappedIO().deliverToFuture(true);
            OverlappedIO two = new OverlappedIO().deliverToFuture(true);
            link.connection().receive(one, MemorySegment.ofArray(new byte[3]));
            link.connection().receive(two);
            link.peer().send("onetwo");
            assertThat(Packet.of(one.future().get(20, TimeUnit.SECONDS)).text()).isEqualTo("one");
            assertThat(Packet.of(two.future().get(20, TimeUnit.SECONDS)).text()).isEqualTo("two");
            two.release();
            assertThat(packets.size()).isEqualTo(1);
        }
    }
}
