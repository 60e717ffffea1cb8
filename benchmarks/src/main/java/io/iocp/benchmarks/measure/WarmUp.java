package io.iocp.benchmarks.measure;

/**
 * Whether a server has worked enough to be measured: for a time, and for half of it on a processor, which on a busy machine may be
 * much later. A JVM compiles what has run often, and compiles on the processor of the server.
 */
public final class WarmUp {
    private static final int LONGEST = 5;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final ForeignServer server;
    private final long nanos;
    private final long begin = System.nanoTime();
    private final long cpuBefore;

    /**
     * Begins now.
     *
     * @param millis for how long, if nothing disturbs; at most {@value #LONGEST} times as long
     */
    public WarmUp(ForeignServer server, long millis) {
        this.server = server;
        this.nanos = millis * NANOS_PER_MILLI;
        this.cpuBefore = server.cpuNanos();
    }

    public boolean isEnough() {
        long passed = System.nanoTime() - begin;
        return passed >= nanos * LONGEST || (passed >= nanos && server.cpuNanos() - cpuBefore >= nanos / 2);
    }
}
