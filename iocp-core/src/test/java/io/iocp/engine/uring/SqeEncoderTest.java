package io.iocp.engine.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.iocp.Needs;
import io.iocp.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compares what is encoded with literal offsets and numbers of io_uring.h. */
@Needs("io_uring")
class SqeEncoderTest {
    private static final long USER_DATA = 0x1122_3344_5566_7788L;
    private static final long ADDRESS = 0x7f00_0000_1000L;

    private final MemorySegment entry = Arena.ofAuto().allocate(64, 8);
    private final long sqe = entry.address();

    @BeforeEach
    void fillWithTheRestOfAnOldRequest() {
        entry.fill((byte) 0xff);
    }

    @Test
    void shouldEncodeNop() {
        SqeEncoder.nop(sqe, USER_DATA);
        assertSqe(0, 0, 0, -1, 0, 0, 0, 0, 0);
    }

    @Test
    void shouldEncodeAcceptWithCloseOnExec() {
        SqeEncoder.accept(sqe, 9, USER_DATA);
        assertSqe(13, 0, 0, 9, 0, 0, 0, 0x80000, 0);
    }

    @Test
    void shouldEncodeMultishotAcceptInThePriorityField() {
        SqeEncoder.acceptMultishot(sqe, 9, USER_DATA);
        assertSqe(13, 0, 1, 9, 0, 0, 0, 0x80000, 0);
    }

    @Test
    void shouldEncodeReceive() {
        SqeEncoder.receive(sqe, 9, ADDRESS, 4096, USER_DATA);
        assertSqe(27, 0, 0, 9, 0, ADDRESS, 4096, 0, 0);
    }

    @Test
    void shouldEncodeTransfersOfFilesWithTheirOffset() {
        SqeEncoder.readAt(sqe, 9, ADDRESS, 4096, 5L << 32, USER_DATA);
        assertSqe(22, 0, 0, 9, 5L << 32, ADDRESS, 4096, 0, 0);
        SqeEncoder.writeAt(sqe, 9, ADDRESS, 4096, 5L << 32, USER_DATA);
        assertSqe(23, 0, 0, 9, 5L << 32, ADDRESS, 4096, 0, 0);
    }

    @Test
    void shouldEncodeAppendAsAWriteThatSaysSo() {
        SqeEncoder.append(sqe, 9, ADDRESS, 4096, USER_DATA);
        assertSqe(23, 0, 0, 9, 0, ADDRESS, 4096, 0x10, 0);
    }

    @Test
    void shouldEncodeWhatElseIsDoneToFiles() {
        SqeEncoder.sync(sqe, 9, true, USER_DATA);
        assertSqe(3, 0, 0, 9, 0, 0, 0, 1, 0);
        SqeEncoder.sync(sqe, 9, false, USER_DATA);
        assertSqe(3, 0, 0, 9, 0, 0, 0, 0, 0);
        SqeEncoder.allocate(sqe, 9, 3L << 32, 4L << 32, USER_DATA);
        assertSqe(17, 0, 0, 9, 3L << 32, 4L << 32, 0, 0, 0);
        SqeEncoder.truncate(sqe, 9, 3L << 32, USER_DATA);
        assertSqe(55, 0, 0, 9, 3L << 32, 0, 0, 0, 0);
    }

    @Test
    void shouldEncodeReceiveThatSelectsABuffer() {
        SqeEncoder.receiveSelecting(sqe, 9, 3, USER_DATA);
        assertSqe(27, 1 << 5, 0, 9, 0, 0, 0, 0, 3);
    }

    @Test
    void shouldEncodeMultishotReceive() {
        SqeEncoder.receiveMultishot(sqe, 9, 65535, USER_DATA);
        assertSqe(27, 1 << 5, 2, 9, 0, 0, 0, 0, 65535);
    }

    @Test
    void shouldEncodeSendOfAllWithoutASignal() {
        SqeEncoder.send(sqe, 9, ADDRESS, Integer.MAX_VALUE, USER_DATA);
        assertSqe(26, 0, 0, 9, 0, ADDRESS, Integer.MAX_VALUE, 0x4100, 0);
    }

    @Test
    void shouldEncodeSendWithoutACopy() {
        SqeEncoder.sendZeroCopy(sqe, 9, ADDRESS, 65536, USER_DATA);
        assertSqe(47, 0, 0, 9, 0, ADDRESS, 65536, 0x4100, 0);
    }

    @Test
    void shouldEncodeGatheringSend() {
        SqeEncoder.sendMessage(sqe, 9, ADDRESS, USER_DATA);
        assertSqe(9, 0, 0, 9, 0, ADDRESS, 1, 0x4100, 0);
    }

    @Test
    void shouldEncodeCancelByUserDataThatIsSilentOnSuccess() {
        SqeEncoder.cancel(sqe, 42, USER_DATA);
        assertSqe(14, 1 << 6, 0, -1, 0, 42, 0, 0, 0);
    }

    @Test
    void shouldEncodePollOnceAndMultishot() {
        SqeEncoder.poll(sqe, 9, 1, USER_DATA);
        assertSqe(6, 0, 0, 9, 0, 0, 0, 1, 0);
        SqeEncoder.pollMultishot(sqe, 9, 1, USER_DATA);
        assertSqe(6, 0, 0, 9, 0, 0, 1, 1, 0);
    }

    @Test
    void shouldEncodeReadAtThePresentPosition() {
        SqeEncoder.read(sqe, 9, ADDRESS, 8, USER_DATA);
        assertSqe(22, 0, 0, 9, -1, ADDRESS, 8, 0, 0);
    }

    private void assertSqe(
            int opcode,
            int flags,
            int priority,
            int fd,
            long offset,
            long address,
            int length,
            int opFlags,
            int group) {
        assertEquals(opcode, Memory.getByte(sqe), "opcode");
        assertEquals(flags, Memory.getByte(sqe + 1) & 0xff, "flags");
        assertEquals(priority, Memory.getShort(sqe + 2), "ioprio");
        assertEquals(fd, Memory.getInt(sqe + 4), "fd");
        assertEquals(offset, Memory.getLong(sqe + 8), "off");
        assertEquals(address, Memory.getLong(sqe + 16), "addr");
        assertEquals(length, Memory.getInt(sqe + 24), "len");
        assertEquals(opFlags, Memory.getInt(sqe + 28), "op flags");
        assertEquals(USER_DATA, Memory.getLong(sqe + 32), "user_data");
        assertEquals(group, Memory.getShort(sqe + 40) & 0xffff, "buf_group");
        assertEquals(0, Memory.getShort(sqe + 42), "personality");
        assertEquals(0, Memory.getInt(sqe + 44), "file_index");
        assertEquals(0, Memory.getLong(sqe + 48), "addr3");
        assertEquals(0, Memory.getLong(sqe + 56), "pad");
    }
}
