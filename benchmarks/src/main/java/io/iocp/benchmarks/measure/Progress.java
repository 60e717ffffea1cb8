package io.iocp.benchmarks.measure;

import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;

/** Tells whoever waits what is being done: the log of this process, which goes to standard error. */
public final class Progress {
    private static final System.Logger LOG = System.getLogger(Progress.class.getName());

    private final String what;
    private final long begin = System.nanoTime();

    /**
     * Of one workload.
     *
     * @param what is measured, at the begin of each line
     */
    public Progress(String what) {
        this.what = what;
    }

    public void say(String message) {
        LOG.log(
                System.Logger.Level.INFO,
                "%4d s %s: %s"
                        .formatted(Duration.ofNanos(System.nanoTime() - begin).toSeconds(), what, message));
    }

    void warmingUp(String candidate) {
        say("warming up " + candidate);
    }

    void measured(int round, int rounds, String candidate, Sample sample) {
        String figures = sample.figures().entrySet().stream()
                .map(f -> ("%." + f.getKey().digits() + "f %s")
                        .formatted(f.getValue(), f.getKey().name()))
                .collect(Collectors.joining(", "));
        say(String.format(Locale.ROOT, "round %d of %d, %-34s %s", round, rounds, candidate, figures));
    }
}
