package io.iocp.benchmarks.posts;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What was seen of one candidate in one round.
 *
 * @param posts in the measured time
 * @param cpuNanos of the whole process, its compiler and collector included
 * @param bytes that all threads allocated
 * @param p50Nanos from post to handler; 0 if it was not timed
 */
record PostsSample(long posts, long nanos, long cpuNanos, long bytes, long p50Nanos, long p99Nanos) {
    private static final int FIELDS = 6;

    double perSecond() {
        return posts * 1e9 / nanos;
    }

    double cpuNanosPerPost() {
        return (double) cpuNanos / posts;
    }

    double bytesPerPost() {
        return (double) bytes / posts;
    }

    /** As one line, for {@link #parse}. */
    String line() {
        return Arrays.stream(new long[] {posts, nanos, cpuNanos, bytes, p50Nanos, p99Nanos})
                .mapToObj(Long::toString)
                .collect(Collectors.joining(" "));
    }

    static PostsSample parse(String line) {
        long[] n = Arrays.stream(line.split(" ", -1)).mapToLong(Long::parseLong).toArray();
        if (n.length != FIELDS) {
            throw new IllegalArgumentException("not a sample: " + line);
        }
        return new PostsSample(n[0], n[1], n[2], n[3], n[4], n[5]);
    }
}
