package io.iocp.engine.simulated;

import io.iocp.engine.FileChannels;
import io.iocp.operation.FileAccess;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSource;
import io.iocp.operation.FileWrite;
import io.iocp.operation.OpenFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A real file: only when and how far things happen to it is simulated. Thread: whoever has the network's lock. */
final class SimulatedFile extends SimulatedEndpoint {
    final FileChannels channels;
    private final int alignment;

    private SimulatedFile(FileChannels channels, OpenFile file) {
        super(file);
        this.channels = channels;
        this.alignment = file.alignment();
    }

    static SimulatedFile open(Path path, FileAccess access) throws IOException {
        FileChannels channels = FileChannels.open(path, access);
        try {
            int alignment = FileChannels.alignment(path, access);
            return new SimulatedFile(channels, new OpenFile(path, access, alignment, channels::close));
        } catch (IOException | RuntimeException e) {
            channels.close();
            throw e;
        }
    }

    /** What of a transfer may be done at once: whole blocks where the file knows only those. */
    int few(int most) {
        return Math.max(alignment, most - most % alignment);
    }

    /** Reads at most so many bytes; null at or behind the end. */
    byte @Nullable [] read(FileRead read, int most) throws IOException {
        MemorySegment data = MemorySegment.ofArray(new byte[most]);
        int n = channels.read(data, 0, most, read.offset);
        return n <= 0 ? null : Arrays.copyOf(data.toArray(ValueLayout.JAVA_BYTE), n);
    }

    /** Reads at most so many bytes at an offset; none at or behind the end. */
    static byte[] read(FileSource source, long offset, int most) throws IOException {
        Thread.interrupted(); // the flag would close the channel
        byte[] data = new byte[most];
        FileChannel channel = source.channel();
        int n = channel == null
                ? ((SimulatedFile) Objects.requireNonNull(source.file()))
                        .channels.read(MemorySegment.ofArray(data), 0, most, offset)
                : channel.read(ByteBuffer.wrap(data), offset);
        return Arrays.copyOf(data, Math.max(n, 0));
    }

    /** Writes at most so many bytes, after the first {@code done}; returns how many it wrote. */
    int write(FileWrite write, long done, int most) throws IOException {
        return write.isAppend()
                ? channels.append(write.memory, done, most)
                : channels.write(write.memory, done, most, write.offset + done);
    }
}
