package io.iocp.contract;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.SyncMode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

/** Files: at offsets all at once, appends in order; one packet each, whatever becomes of the handle. */
class FileContractTest {
    private static final OpenOption[] NEW = {
        StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW
    };

    @TempDir
    private Path directory;

    private static FileHandle open(CompletionPort port, Path path, OpenOption... options) throws IOException {
        FileHandle file = port.openFile(path, options);
        port.associate(file, "file");
        return file;
    }

    private static OverlappedIO next(CompletionPort port) throws InterruptedException {
        OverlappedIO packet = port.poll(PortFixture.DEADLINE);
        assertThat(packet).as("the awaited packet").isNotNull();
        return packet;
    }

    private static OverlappedIO ok(CompletionPort port, OverlappedIO expected) throws InterruptedException {
        OverlappedIO packet = next(port);
        assertThat(packet).isSameAs(expected);
        assertThat(packet.status())
                .as("%s, errno %d", packet.kind(), packet.nativeError())
                .isEqualTo(Status.OK);
        return packet;
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static String text(OverlappedIO packet) {
        return US_ASCII.decode(packet.data()).toString();
    }

    @EachEngine
    void shouldReadWhatWasWrittenFromAnyMemory(TestEngine engine) throws Exception {
        Path path = directory.resolve("any-memory");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, path, NEW);
            OverlappedIO io = new OverlappedIO("mine");
            file.write(io, text("heap."), 0);
            ok(port, io);
            assertThat(io.kind()).isEqualTo(OperationKind.FILE_WRITE);
            assertThat(io.bytesTransferred()).isEqualTo(5);
            assertThat(io.key()).isEqualTo("file");
            assertThat(io.handle()).isSameAs(file);
            assertThat(io.fileOffset()).isZero();

            MemorySegment global = Arena.global().allocateFrom("global", US_ASCII);
            file.write(io, global.asSlice(0, 6), 5);
            ok(port, io);
            LeasedBuffer leased = port.buffers().lease(100);
            leased.segment().asByteBuffer().put("leased".getBytes(US_ASCII));
            leased.length(6);
            file.write(io, leased, 11);
            ok(port, io);
            assertThatThrownBy(leased::retain).isInstanceOf(IllegalStateException.class);
            try (Arena arena = Arena.ofConfined()) {
                file.write(io, arena.allocateFrom("confined", US_ASCII).asSlice(0, 8), 17);
            } // it was copied
            ok(port, io);
            assertThat(Files.readString(path)).isEqualTo("heap.globalleasedconfined");
            assertThat(file.size()).isEqualTo(25);

            byte[] heap = new byte[6];
            file.read(io, MemorySegment.ofArray(heap), 5);
            ok(port, io);
            assertThat(io.kind()).isEqualTo(OperationKind.FILE_READ);
            assertThat(io.bytesTransferred()).isEqualTo(6);
            assertThat(text(io)).isEqualTo("global");
            assertThat(heap).isEqualTo("global".getBytes(US_ASCII));
            MemorySegment direct = Arena.global().allocate(100);
            file.read(io, direct, 11);
            ok(port, io);
            assertThat(text(io)).isEqualTo("leasedconfined");
            assertThat(io.buffer()).isEqualTo(direct);
            Arena arena = Arena.ofShared();
            file.read(io, arena.allocate(10), 0);
            arena.close(); // under the operation, or after it: never under the kernel
            OverlappedIO packet = next(port);
            assertThat(packet.status()).isIn(Status.OK, Status.FAULT);
        }
    }

    @EachEngine
    void shouldReportTheEndOfTheFile(TestEngine engine) throws Exception {
        Path path = Files.writeString(directory.resolve("end"), "0123456789");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, path);
            OverlappedIO io = new OverlappedIO();
            file.read(io, MemorySegment.ofArray(new byte[10]), 7);
            ok(port, io);
            assertThat(text(io)).isEqualTo("789");
            for (long offset : new long[] {10, 11, 1L << 40}) {
                file.read(io, MemorySegment.ofArray(new byte[10]), offset);
                assertThat(next(port).status()).isEqualTo(Status.EOF);
                assertThat(io.bytesTransferred()).isZero();
                assertThat(io.failure()).isNull();
            }
        }
    }

    @EachEngine
    void shouldReachBeyondTwoGigabytes(TestEngine engine) throws Exception {
        long far = 3L << 30;
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, directory.resolve("sparse"), NEW);
            OverlappedIO io = new OverlappedIO();
            file.write(io, text("far"), far);
            ok(port, io);
            assertThat(file.size()).isEqualTo(far + 3);
            file.read(io, MemorySegment.ofArray(new byte[10]), far);
            ok(port, io);
            assertThat(text(io)).isEqualTo("far");
            file.read(io, MemorySegment.ofArray(new byte[4]), far - (1L << 31));
            ok(port, io);
            assertThat(text(io)).isEqualTo("\0\0\0\0");
        }
    }

    @EachEngine
    void shouldPerformManyOperationsAtOnce(TestEngine engine) throws Exception {
        int block = 4096;
        byte[] content = new byte[64 * block];
        new Random(64).nextBytes(content);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, directory.resolve("many"), NEW);
            for (int i = 0; i < 64; i++) {
                file.write(new OverlappedIO(), ByteBuffer.wrap(content, i * block, block), (long) i * block);
            }
            for (int i = 0; i < 64; i++) {
                assertThat(next(port).status()).isEqualTo(Status.OK);
            }
            byte[] read = new byte[content.length];
            for (int i = 0; i < 64; i++) {
                MemorySegment part = MemorySegment.ofArray(read).asSlice((long) i * block, block);
                file.read(new OverlappedIO(), part, (long) i * block);
            }
            for (int i = 0; i < 64; i++) {
                OverlappedIO packet = next(port);
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.bytesTransferred()).isEqualTo(block);
            }
            assertThat(read).isEqualTo(content);
        }
    }

    @EachEngine
    void shouldAppendInTheOrderOfTheStarts(TestEngine engine) throws Exception {
        Path path = Files.writeString(directory.resolve("log"), "begin;");
        StringBuilder expected = new StringBuilder("begin;");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, path, StandardOpenOption.APPEND);
            for (int i = 0; i < 200; i++) {
                String entry = "entry " + i + " " + "x".repeat(i) + ";";
                expected.append(entry);
                file.append(new OverlappedIO(i), text(entry));
            }
            for (int i = 0; i < 200; i++) {
                OverlappedIO packet = next(port);
                assertThat(packet.attachment()).isEqualTo(i);
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.sequence()).isEqualTo(i);
                assertThat(packet.fileOffset()).isEqualTo(-1);
            }
            assertThat(Files.readString(path)).isEqualTo(expected.toString());
        }
    }

    @EachEngine
    void shouldAppendBesideWritesAtOffsets(TestEngine engine) throws Exception {
        Path path = directory.resolve("both");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, path, NEW);
            OverlappedIO io = new OverlappedIO();
            file.append(io, text("one two"));
            ok(port, io);
            file.write(io, text("ONE"), 0);
            ok(port, io);
            file.append(io, text(" three"));
            ok(port, io);
            assertThat(Files.readString(path)).isEqualTo("ONE two three");
        }
    }

    @EachEngine
    void shouldSyncTruncateAndAllocate(TestEngine engine) throws Exception {
        Path path = directory.resolve("sizes");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, path, NEW);
            assertThat(file.path()).isEqualTo(path);
            OverlappedIO io = new OverlappedIO();
            file.write(io, text("0123456789"), 0);
            ok(port, io);
            for (SyncMode mode : SyncMode.values()) {
                file.sync(io, mode);
                assertThat(ok(port, io).kind()).isEqualTo(OperationKind.FILE_SYNC);
            }
            file.truncate(io, 4);
            assertThat(ok(port, io).kind()).isEqualTo(OperationKind.FILE_TRUNCATE);
            assertThat(Files.readString(path)).isEqualTo("0123");
            file.truncate(io, 100);
            ok(port, io);
            assertThat(file.size()).as("a truncate never makes a file larger").isEqualTo(4);
            if (port.engine().capabilities().allocatesFiles()) {
                file.allocate(io, 0, 100_000);
                assertThat(ok(port, io).kind()).isEqualTo(OperationKind.FILE_ALLOCATE);
                assertThat(file.size()).isEqualTo(100_000);
            } else {
                assertThatThrownBy(() -> file.allocate(io, 0, 100_000))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("write zeros instead");
            }
        }
    }

    @EachEngine
    void shouldGiveEveryOperationItsPacketWhenTheHandleIsClosed(TestEngine engine) throws Exception {
        int count = 300;
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, directory.resolve("closed"), NEW);
            List<OverlappedIO> started = new ArrayList<>();
            byte[] data = new byte[50_000];
            for (int i = 0; i < count; i++) {
                OverlappedIO io = new OverlappedIO();
                switch (i % 4) {
                    case 0 -> file.write(io, ByteBuffer.wrap(data), (long) i * data.length);
                    case 1 -> file.read(io, MemorySegment.ofArray(new byte[1000]), 0);
                    case 2 -> file.append(io, ByteBuffer.wrap(data));
                    default -> file.sync(io, SyncMode.DATA);
                }
                started.add(io);
            }
            file.close();
            assertThat(file.isOpen()).isFalse();
            List<OverlappedIO> ended = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                OverlappedIO packet = next(port);
                assertThat(packet.status()).isIn(Status.OK, Status.EOF, Status.HANDLE_CLOSED);
                ended.add(packet);
            }
            assertThat(ended).containsExactlyInAnyOrderElementsOf(started);
            file.closeAndAwait();
            assertThat(port.poll()).isNull();
            assertThatThrownBy(() -> file.read(new OverlappedIO(), MemorySegment.ofArray(new byte[1]), 0))
                    .isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    void shouldEndEveryOperationWhenThePortIsClosed(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        int count = 200;
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            FileHandle file = open(port, directory.resolve("port-closed"), NEW);
            for (int i = 0; i < count; i++) {
                if (i % 2 == 0) {
                    file.append(new OverlappedIO(), ByteBuffer.wrap(new byte[30_000]));
                } else {
                    file.write(new OverlappedIO(), ByteBuffer.wrap(new byte[30_000]), i * 30_000L);
                }
            }
            port.close();
            assertThat(packets.size()).isEqualTo(count);
            assertThat(packets.all()).allMatch(p -> p.status() == Status.OK || p.status() == Status.PORT_CLOSED);
            assertThat(file.isClosed()).isTrue();
        }
    }

    @EachEngine
    void shouldDeliverOnePacketWhoeverWinsTheRaceOfACancel(TestEngine engine) throws Exception {
        int count = 400;
        Path path = directory.resolve("cancelled");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, path, NEW);
            int cancelled = 0;
            for (int i = 0; i < count; i++) {
                OverlappedIO io = new OverlappedIO();
                if (i % 2 == 0) {
                    file.write(io, ByteBuffer.wrap(new byte[20_000]), i);
                } else {
                    file.append(io, ByteBuffer.wrap(new byte[20_000]));
                }
                if (i % 3 == 0) {
                    io.cancel();
                } else if (i % 7 == 0) {
                    file.cancelAll();
                }
            }
            for (int i = 0; i < count; i++) {
                OverlappedIO packet = next(port);
                assertThat(packet.status()).isIn(Status.OK, Status.CANCELLED);
                if (packet.status() == Status.OK) {
                    assertThat(packet.bytesTransferred()).isEqualTo(20_000);
                } else {
                    cancelled++;
                }
            }
            assertThat(cancelled).isPositive();
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    void shouldEndWithTimedOutOrAsIfThereWereNoLimit(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = open(port, directory.resolve("limited"), NEW);
            for (int i = 0; i < 50; i++) {
                file.append(new OverlappedIO().timeout(Duration.ofMillis(1)), ByteBuffer.wrap(new byte[200_000]));
                file.read(
                        new OverlappedIO().timeout(Duration.ofMillis(1)), MemorySegment.ofArray(new byte[100_000]), 0);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(next(port).status()).isIn(Status.OK, Status.EOF, Status.TIMED_OUT);
            }
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    void shouldCompleteFutures(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(new Packets());
            FileHandle file = open(port, directory.resolve("future"), NEW);
            OverlappedIO io = new OverlappedIO().deliverToFuture(true);
            file.append(io, text("later"));
            assertThat(io.future().get().bytesTransferred()).isEqualTo(5);
            file.read(io, MemorySegment.ofArray(new byte[5]), 0);
            assertThat(text(io.future().get())).isEqualTo("later");
        }
    }

    @EachEngine
    void shouldRunHandlersOfAFileOneAtATime(TestEngine engine) throws Exception {
        Path path = directory.resolve("serial");
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().concurrency(2), packets);
            FileHandle file = port.openFile(path, NEW);
            List<Long> bytes = new ArrayList<>(); // no lock: the handler is never run twice at once
            port.associate(file, "file", packet -> {
                bytes.add(packet.bytesTransferred());
                if (bytes.size() == 100) {
                    packets.completed(packet);
                }
            });
            for (int i = 0; i < 100; i++) {
                file.write(new OverlappedIO(), ByteBuffer.wrap(new byte[i + 1]), i);
            }
            packets.next();
            assertThat(bytes).hasSize(100);
            assertThat(bytes.stream().mapToLong(b -> b).sum()).isEqualTo(5050);
        }
    }

    @EachEngine
    void shouldFailToOpenAsTheJdkDoes(TestEngine engine) throws Exception {
        Path there = Files.writeString(directory.resolve("there"), "content");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            assertThatThrownBy(() -> port.openFile(directory.resolve("missing")))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining("missing");
            assertThatThrownBy(() -> port.openFile(there, NEW)).isInstanceOf(FileAlreadyExistsException.class);
            assertThatThrownBy(() -> port.openFile(directory))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("is a directory");
            assertThatThrownBy(() -> port.openFile(Path.of("/dev/null")))
                    .isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("is not a regular file");
            assertThatThrownBy(() -> port.openFile(there, StandardOpenOption.DELETE_ON_CLOSE))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("DELETE_ON_CLOSE");
            FileHandle file = port.openFile(there, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
            assertThat(Files.size(there)).isZero();
            file.close();
            assertThat(file.isClosed()).isTrue();
            FileHandle strange = port.openFile(directory.resolve("name with % and \u00e4"), NEW);
            assertThat(Files.exists(strange.path())).isTrue();
            strange.close();
        }
    }

    @EachEngine
    void shouldThrowAndPostNothingWhenUsedWrongly(TestEngine engine) throws Exception {
        Path path = Files.writeString(directory.resolve("wrong"), "content");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            OverlappedIO io = new OverlappedIO();
            MemorySegment memory = MemorySegment.ofArray(new byte[8]);
            FileHandle loose = port.openFile(path);
            assertThat(loose.size()).isEqualTo(7);
            assertThatThrownBy(() -> loose.read(io, memory, 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("associate");
            loose.close();
            FileHandle reader = open(port, path, StandardOpenOption.READ);
            assertThatThrownBy(() -> reader.write(io, text("x"), 0)).isInstanceOf(NonWritableChannelException.class);
            assertThatThrownBy(() -> reader.append(io, text("x"))).isInstanceOf(NonWritableChannelException.class);
            assertThatThrownBy(() -> reader.truncate(io, 0)).isInstanceOf(NonWritableChannelException.class);
            assertThatThrownBy(() -> reader.read(io, memory, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> reader.read(io, memory.asReadOnly(), 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> reader.read(io, memory.asSlice(0, 0), 0))
                    .isInstanceOf(IllegalArgumentException.class);
            try (Arena confined = Arena.ofConfined()) {
                MemorySegment mine = confined.allocate(ValueLayout.JAVA_LONG);
                assertThatThrownBy(() -> reader.read(io, mine, 0)).isInstanceOf(IllegalArgumentException.class);
            }
            FileHandle appender = open(port, path, StandardOpenOption.APPEND);
            assertThatThrownBy(() -> appender.write(io, text("x"), 0)).isInstanceOf(NonWritableChannelException.class);
            assertThatThrownBy(() -> appender.read(io, memory, 0)).isInstanceOf(NonReadableChannelException.class);
            LeasedBuffer leased = port.buffers().lease(8);
            assertThatThrownBy(() -> reader.write(io, leased, 0)).isInstanceOf(NonWritableChannelException.class);
            leased.release(); // still the caller's
            reader.read(io, memory, 0);
            assertThatThrownBy(() -> reader.read(io, memory, 0)).isInstanceOf(IllegalStateException.class);
            ok(port, io);
            assertThat(port.poll()).isNull();
        }
    }
}
