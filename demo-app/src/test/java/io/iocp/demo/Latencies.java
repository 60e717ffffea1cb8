package io.iocp.demo;

import java.util.Arrays;

/** Latencies, all of them, and their percentiles. */
final class Latencies {
    private long[] nanos = new long[1024];
    private int count;

    void add(long more) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = more;
    }

    int count() {
        return count;
    }

    /** The latency that this share of all, 0 to 1, does not exceed, in milliseconds; 0 if there are none. */
    double millis(double share) {
        if (count == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1L, (long) (share * count))] / 1e6;
    }
}
