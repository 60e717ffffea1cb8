package io.iocp.benchmarks.reads;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Reads with a {@link FileChannel} on a pool that has a thread for each read in flight. */
public final class PooledBlockReader extends BlockReader {
    private final FileChannel channel;
    private final ExecutorService pool;
    private final ByteBuffer[] buffers;

    PooledBlockReader(Path path, boolean direct, int inFlight) throws IOException {
        super(path, inFlight);
        channel = FileChannel.open(path, options(direct));
        pool = Executors.newFixedThreadPool(inFlight);
        buffers = IntStream.range(0, inFlight).mapToObj(_ -> memory()).toArray(ByteBuffer[]::new);
    }

    @Override
    void start(int number) {
        pool.execute(() -> {
            try {
                read(number, channel.read(buffers[number].clear(), anyOffset()));
            } catch (IOException e) {
                failed(e);
            }
        });
    }

    @Override
    public void close() throws IOException {
        pool.close();
        channel.close();
    }
}
