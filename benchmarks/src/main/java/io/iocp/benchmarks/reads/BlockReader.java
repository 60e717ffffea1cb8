package io.iocp.benchmarks.reads;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Reads random blocks of a file with a number of reads in flight; how is a subclass's business.
 *
 * <p>Thread: one runs it, any may report blocks.
 */
public abstract class BlockReader implements AutoCloseable {
    static final int BLOCK_BYTES = 4096;

    private final long blocks;
    private final int inFlight;
    private final LongAdder reads = new LongAdder();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean going;
    private volatile CountDownLatch ended = new CountDownLatch(0);

    BlockReader(Path file, int inFlight) throws IOException {
        this.blocks = Files.size(file) / BLOCK_BYTES;
        this.inFlight = inFlight;
    }

    /** Reads for a time; returns how many blocks were read. */
    final long readFor(long millis) throws Exception {
        reads.reset();
        ended = new CountDownLatch(inFlight);
        going = true;
        for (int i = 0; i < inFlight; i++) {
            start(i);
        }
        TimeUnit.MILLISECONDS.sleep(millis);
        going = false;
        ended.await();
        if (failure.get() != null) {
            throw new IOException(failure.get());
        }
        return reads.sum();
    }

    /** Starts one more read with the memory of this number. */
    abstract void start(int number) throws IOException;

    /** A read is over; the next is started unless the time is. */
    final void read(int number, long bytes) {
        try {
            if (bytes != BLOCK_BYTES) {
                throw new IOException("read " + bytes + " bytes");
            }
            reads.increment();
            if (going) {
                start(number);
                return;
            }
        } catch (IOException | RuntimeException e) {
            failed(e);
            return;
        }
        ended.countDown();
    }

    final void failed(Throwable why) {
        failure.compareAndSet(null, why);
        ended.countDown();
    }

    final long anyOffset() {
        return ThreadLocalRandom.current().nextLong(blocks) * BLOCK_BYTES;
    }

    static ByteBuffer memory() {
        return Arena.global().allocate(BLOCK_BYTES, BLOCK_BYTES).asByteBuffer();
    }

    static OpenOption[] options(boolean direct) throws IOException {
        if (!direct) {
            return new OpenOption[] {StandardOpenOption.READ};
        }
        try {
            // javac warns of its class, though the JDK documents it as the way to O_DIRECT.
            Object option = Arrays.stream(
                            Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
                    .filter(constant -> constant.toString().equals("DIRECT"))
                    .findFirst()
                    .orElseThrow();
            return new OpenOption[] {StandardOpenOption.READ, (OpenOption) option};
        } catch (ClassNotFoundException e) {
            throw new IOException(e);
        }
    }

    @Override
    public abstract void close() throws IOException;
}
