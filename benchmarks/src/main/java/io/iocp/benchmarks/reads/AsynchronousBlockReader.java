package io.iocp.benchmarks.reads;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** Reads with an {@link AsynchronousFileChannel}: its handler starts the next read. */
public final class AsynchronousBlockReader extends BlockReader {
    private final AsynchronousFileChannel channel;
    private final ByteBuffer[] buffers;
    private final CompletionHandler<Integer, Integer> handler = new CompletionHandler<>() {
        @Override
        public void completed(Integer bytes, Integer number) {
            read(number, bytes);
        }

        @Override
        public void failed(Throwable why, Integer number) {
            AsynchronousBlockReader.this.failed(why);
        }
    };

    AsynchronousBlockReader(Path path, boolean direct, int inFlight) throws IOException {
        super(path, inFlight);
        channel = AsynchronousFileChannel.open(path, options(direct));
        buffers = IntStream.range(0, inFlight).mapToObj(_ -> memory()).toArray(ByteBuffer[]::new);
    }

    @Override
    void start(int number) {
        channel.read(buffers[number].clear(), anyOffset(), number, handler);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
