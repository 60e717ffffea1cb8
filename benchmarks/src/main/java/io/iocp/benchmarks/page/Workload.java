package io.iocp.benchmarks.page;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Progress;

/** One kind of work, done by the port and by its peers. */
public interface Workload {

    /** As in the command. */
    String name();

    /** Above its section of the page. */
    String title();

    /**
     * Measures everything and says what came of it.
     *
     * @param given to be read by the workload, which ends its reading with {@link Arguments#done}
     */
    void measure(Arguments given, Progress progress, Section section) throws Exception;
}
