package io.iocp;

import io.iocp.engine.LoopOptions;
import io.iocp.engine.simulated.SimulatedNetwork;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a port is opened. Immutable: each method returns a changed copy.
 *
 * @param name of the port, in thread names, logs and metrics
 * @param engine which engine
 * @param concurrency how many workers may run at once, which is also the number of shards; 0 = the number of processors, read
 *     once when the port is opened
 * @param maxWorkers how many worker threads there may be; those beyond {@code concurrency} are spares: they run the packets of
 *     handlers that {@linkplain CompletionHandler#blocks say that they block}, and take the shards of workers whose handlers
 *     block without saying so. 0 = twice the concurrency. With all spares kept by handlers a blocking packet waits, and a shard
 *     whose handler blocks without saying so waits with it; with no spare at all blocking packets run on the shard's own worker
 * @param virtualThreads how many packets of handlers that say that they block may run on virtual threads at once; beyond it
 *     they go to spare workers. 0 = none, all go to spare workers
 * @param blockingDetection what is done about handlers that block and do not say so
 * @param receiveBuffers receive buffers of each size for each shard, a power of two from 2 to 32768. They are taken only when
 *     bytes are there. When all are in use, receives wait until one comes back; nothing is lost
 * @param receiveCredit buffers that a continuous receive may have received and its handler not yet seen; from there on the
 *     library stops reading, and goes on at half
 * @param submissionEntries size of each submission queue, a power of two from 8 to 4096. Engines: io_uring
 * @param completionEntries size of each completion queue, a power of two from 16 to 65536. Engines: io_uring. What does not
 *     fit is kept by the kernel; nothing is lost
 * @param readyBudget packets that run between two looks at the kernel
 * @param maxInFlight operations in flight for each shard; beyond it a start throws
 * @param maxPosts posts that may wait; beyond it a post throws. 0 = no bound
 * @param closeTimeout how long {@code close()} waits for the kernel to let go of memory before it leaks it
 * @param closeHandles whether closing the port closes its handles; if not they stay open, and can only be closed
 * @param listener is told what happens; null for nobody
 * @param simulated a network in memory that the port runs on, for tests; null for a real one. Goes before {@code engine}
 */
public record PortOptions(
        String name,
        EngineChoice engine,
        int concurrency,
        int maxWorkers,
        int virtualThreads,
        BlockingDetection blockingDetection,
        int receiveBuffers,
        int receiveCredit,
        int submissionEntries,
        int completionEntries,
        int readyBudget,
        int maxInFlight,
        int maxPosts,
        Duration closeTimeout,
        boolean closeHandles,
        @Nullable PortListener listener,
        @Nullable SimulatedNetwork simulated) {

    static final int MOST_WORKERS = 65_000;

    public PortOptions {
        check(!name.isBlank(), "name must not be blank");
        check(concurrency >= 0, "concurrency must be 0 (processors) or more: " + concurrency);
        check(concurrency <= 1024, "concurrency must be at most 1024: " + concurrency);
        check(
                maxWorkers >= 0 && maxWorkers <= MOST_WORKERS,
                "maxWorkers must be 0 (twice the concurrency) to " + MOST_WORKERS + ": " + maxWorkers);
        check(
                maxWorkers == 0 || concurrency == 0 || maxWorkers >= concurrency,
                "maxWorkers (" + maxWorkers + ") must not be less than concurrency (" + concurrency
                        + "): each shard needs a worker");
        check(virtualThreads >= 0, "virtualThreads must be 0 (none) or more: " + virtualThreads);
        checkPowerOfTwo("receiveBuffers", receiveBuffers, 2, 32_768);
        checkPowerOfTwo("submissionEntries", submissionEntries, 8, 4096);
        checkPowerOfTwo("completionEntries", completionEntries, 16, 65_536);
        check(receiveCredit >= 1, "receiveCredit must be at least 1: " + receiveCredit);
        check(readyBudget >= 1, "readyBudget must be at least 1: " + readyBudget);
        check(maxInFlight >= 1, "maxInFlight must be at least 1: " + maxInFlight);
        check(maxPosts >= 0, "maxPosts must be 0 (no bound) or more: " + maxPosts);
        check(!closeTimeout.isNegative(), "closeTimeout must not be negative: " + closeTimeout);
    }

    /** AUTO, one shard for each processor, and sizes for some ten thousand connections. */
    public static PortOptions defaults() {
        return new PortOptions(
                "port",
                EngineChoice.AUTO,
                0,
                0,
                0,
                BlockingDetection.LEARN,
                256,
                8,
                256,
                4096,
                256,
                1 << 20,
                0,
                Duration.ofSeconds(5),
                false,
                null,
                null);
    }

    public PortOptions name(String value) {
        return with(draft -> draft.name = value);
    }

    public PortOptions engine(EngineChoice value) {
        return with(draft -> draft.engine = value);
    }

    public PortOptions concurrency(int value) {
        return with(draft -> draft.concurrency = value);
    }

    public PortOptions maxWorkers(int value) {
        return with(draft -> draft.maxWorkers = value);
    }

    public PortOptions virtualThreads(int value) {
        return with(draft -> draft.virtualThreads = value);
    }

    public PortOptions blockingDetection(BlockingDetection value) {
        return with(draft -> draft.blockingDetection = value);
    }

    public PortOptions receiveBuffers(int value) {
        return with(draft -> draft.receiveBuffers = value);
    }

    public PortOptions receiveCredit(int value) {
        return with(draft -> draft.receiveCredit = value);
    }

    public PortOptions submissionEntries(int value) {
        return with(draft -> draft.submissionEntries = value);
    }

    public PortOptions completionEntries(int value) {
        return with(draft -> draft.completionEntries = value);
    }

    public PortOptions readyBudget(int value) {
        return with(draft -> draft.readyBudget = value);
    }

    public PortOptions maxInFlight(int value) {
        return with(draft -> draft.maxInFlight = value);
    }

    public PortOptions maxPosts(int value) {
        return with(draft -> draft.maxPosts = value);
    }

    public PortOptions closeTimeout(Duration value) {
        return with(draft -> draft.closeTimeout = value);
    }

    public PortOptions closeHandles(boolean value) {
        return with(draft -> draft.closeHandles = value);
    }

    public PortOptions listener(@Nullable PortListener value) {
        return with(draft -> draft.listener = value);
    }

    public PortOptions simulated(@Nullable SimulatedNetwork value) {
        return with(draft -> draft.simulated = value);
    }

    private PortOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** A copy that one value can be changed of. */
    private static final class Draft {
        String name;
        EngineChoice engine;
        int concurrency;
        int maxWorkers;
        int virtualThreads;
        BlockingDetection blockingDetection;
        int receiveBuffers;
        int receiveCredit;
        int submissionEntries;
        int completionEntries;
        int readyBudget;
        int maxInFlight;
        int maxPosts;
        Duration closeTimeout;
        boolean closeHandles;

        @Nullable
        PortListener listener;

        @Nullable
        SimulatedNetwork simulated;

        Draft(PortOptions from) {
            name = from.name;
            engine = from.engine;
            concurrency = from.concurrency;
            maxWorkers = from.maxWorkers;
            virtualThreads = from.virtualThreads;
            blockingDetection = from.blockingDetection;
            receiveBuffers = from.receiveBuffers;
            receiveCredit = from.receiveCredit;
            submissionEntries = from.submissionEntries;
            completionEntries = from.completionEntries;
            readyBudget = from.readyBudget;
            maxInFlight = from.maxInFlight;
            maxPosts = from.maxPosts;
            closeTimeout = from.closeTimeout;
            closeHandles = from.closeHandles;
            listener = from.listener;
            simulated = from.simulated;
        }

        PortOptions options() {
            return new PortOptions(
                    name,
                    engine,
                    concurrency,
                    maxWorkers,
                    virtualThreads,
                    blockingDetection,
                    receiveBuffers,
                    receiveCredit,
                    submissionEntries,
                    completionEntries,
                    readyBudget,
                    maxInFlight,
                    maxPosts,
                    closeTimeout,
                    closeHandles,
                    listener,
                    simulated);
        }
    }

    int shards() {
        return concurrency == 0 ? Runtime.getRuntime().availableProcessors() : concurrency;
    }

    int workers() {
        int shards = shards();
        return maxWorkers == 0 ? 2 * shards : Math.max(shards, maxWorkers);
    }

    LoopOptions loop() {
        return new LoopOptions(submissionEntries, completionEntries, receiveBuffers);
    }

    private static void checkPowerOfTwo(String what, int value, int least, int most) {
        check(
                Integer.bitCount(value) == 1 && value >= least && value <= most,
                what + " must be a power of two from " + least + " to " + most + ": " + value);
    }

    private static void check(boolean fine, String message) {
        if (!fine) {
            throw new IllegalArgumentException(message);
        }
    }
}
