package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Status;
import io.iocp.operation.SyncMode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/** Files where something is out of the ordinary: no page cache, large transfers, full disks, handlers that block. */
class FileLimitsContractTest {
    private static final OpenOption[] NEW = {
        StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW
    };

    private static final byte[] CONTENT = "from the file".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path directory;

    private static OverlappedIO next(CompletionPort port) throws InterruptedException {
        OverlappedIO packet = port.poll(PortFixture.DEADLINE);
        assertThat(packet).as("the awaited packet").isNotNull();
        return packet;
    }

    /** javac warns of its class, though the JDK documents it as the way to O_DIRECT. */
    private static OpenOption direct() throws ClassNotFoundException {
        return (OpenOption) Arrays.stream(
                        Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
                .filter(option -> option.toString().equals("DIRECT"))
                .findFirst()
                .orElseThrow();
    }

    @EachEngine
    void shouldBypassThePageCacheWithAlignedMemory(TestEngine engine) throws Exception {
        Path path = directory.resolve("direct");
        OpenOption[] options = Arrays.copyOf(NEW, 4);
        options[3] = direct();
        int block = (int) Files.getFileStore(directory).getBlockSize();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = port.openFile(path, options);
            port.associate(file, "direct");
            byte[] content = new byte[2 * block];
            new Random(1).nextBytes(content);
            OverlappedIO io = new OverlappedIO();
            file.write(io, ByteBuffer.wrap(content), 0); // copied to aligned memory
            assertThat(next(port).status()).isEqualTo(Status.OK);
            file.append(io, ByteBuffer.wrap(content));
            assertThat(next(port).status()).isEqualTo(Status.OK);
            assertThat(file.size()).isEqualTo(4L * block);
            LeasedBuffer buffer = port.buffers().lease(block);
            file.read(io, MemorySegment.ofArray(new byte[block]), 3L * block);
            assertThat(next(port).status()).isEqualTo(Status.OK);
            byte[] read = new byte[block];
            io.data().get(read);
            assertThat(read).isEqualTo(Arrays.copyOfRange(content, block, 2 * block));
            file.read(io, MemorySegment.ofArray(read), 4L * block);
            assertThat(next(port).status()).isEqualTo(Status.EOF);
            buffer.length(block);
            file.read(io, buffer, block);
            assertThat(next(port).status()).isEqualTo(Status.OK);
            assertThat(buffer.length()).isEqualTo(block);
            buffer.data().get(read);
            assertThat(read).isEqualTo(Arrays.copyOfRange(content, block, 2 * block));
            buffer.release();

            MemorySegment memory = Arena.global().allocate(2L * block, block);
            assertThatThrownBy(() -> file.read(io, memory.asSlice(1, block), 0))
                    .hasMessageContaining("multiples of " + block);
            assertThatThrownBy(() -> file.read(io, memory.asSlice(0, block - 1L), 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.write(io, memory, 17)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.append(io, ByteBuffer.allocate(17)))
                    .isInstanceOf(IllegalArgumentException.class);
            file.read(io, memory, 0);
            assertThat(next(port).status()).isEqualTo(Status.OK);
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    void shouldWriteAllOfALargeMemory(TestEngine engine) throws Exception {
        byte[] content = new byte[37_000_001];
        new Random(2).nextBytes(content);
        MemorySegment memory = Arena.ofAuto().allocate(content.length);
        MemorySegment.copy(MemorySegment.ofArray(content), 0, memory, 0, content.length);
        Path path = directory.resolve("large");
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = port.openFile(path, NEW);
            port.associate(file, "large");
            OverlappedIO io = new OverlappedIO();
            file.write(io, memory, 0);
            assertThat(next(port).status()).isEqualTo(Status.OK);
            assertThat(io.bytesTransferred()).isEqualTo(content.length);
            file.append(io, ByteBuffer.wrap(content, 0, 10_000_000));
            assertThat(next(port).bytesTransferred()).isEqualTo(10_000_000);
            assertThat(file.size()).isEqualTo(47_000_001);
            byte[] read = new byte[content.length];
            for (int at = 0; at < read.length; at += (int) io.bytesTransferred()) {
                file.read(io, MemorySegment.ofArray(read).asSlice(at), at);
                assertThat(next(port).status()).isEqualTo(Status.OK);
                assertThat(io.bytesTransferred()).isPositive();
            }
            assertThat(Arrays.equals(read, content)).isTrue();
        }
    }

    @EachEngine
    void shouldSayThatAFileCannotBeAsLarge(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = port.openFile(directory.resolve("too-large"), NEW);
            port.associate(file, "large");
            OverlappedIO io = new OverlappedIO();
            file.write(io, ByteBuffer.wrap(new byte[10]), Long.MAX_VALUE - 5);
            OverlappedIO packet = next(port);
            assertThat(packet.status()).isIn(Status.RESOURCE_LIMIT, Status.IO_ERROR);
            assertThat(packet.bytesTransferred()).isZero();
            assertThat(packet.failure()).hasMessageContaining("file_write on FileHandle[");
            file.sync(io, SyncMode.FULL);
            assertThat(next(port).status()).as("the handle works on").isEqualTo(Status.OK);
        }
    }

    @EachEngine
    void shouldGoOnWhileAHandlerThatHasStartedOperationsBlocks(TestEngine engine) throws Exception {
        Path path = Files.write(directory.resolve("blocked"), new byte[200_000]);
        CountDownLatch read = new CountDownLatch(40);
        CountDownLatch done = new CountDownLatch(1);
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort[] self = new CompletionPort[1];
            FileHandle[] opened = new FileHandle[1];
            CompletionPort port = fixture.open(packet -> {
                for (int i = 0; i < 40; i++) {
                    MemorySegment into = MemorySegment.ofArray(new byte[4096]);
                    opened[0].read(new OverlappedIO(), into, i * 4096L);
                }
                self[0].blocking(() -> read.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS));
                done.countDown();
            });
            self[0] = port;
            opened[0] = port.openFile(path);
            port.associate(opened[0], "file", packet -> {
                assertThat(packet.status()).isEqualTo(Status.OK);
                read.countDown();
            });
            port.post("begin", null);
            assertThat(done.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(read.getCount()).isZero();
        }
    }

    @EachEngine
    void shouldServeConnectionsBesideFiles(TestEngine engine) throws Exception {
        Path path = Files.write(directory.resolve("beside"), CONTENT);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "link");
            Connection connection = link.connection();
            FileHandle file = port.openFile(path);
            port.associate(file, "file");
            for (int i = 0; i < 50; i++) {
                LeasedBuffer buffer = port.buffers().lease(4096);
                buffer.length(4096);
                file.read(new OverlappedIO(), buffer, 0);
                OverlappedIO packet = next(port);
                assertThat(packet.handle()).isSameAs(file);
                assertThat(buffer.length()).isEqualTo(13);
                connection.send(new OverlappedIO(), buffer);
                assertThat(next(port).handle()).isSameAs(connection);
                assertThat(link.peerReads(13)).isEqualTo(CONTENT);
            }
        }
    }
}
