package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Counters;
import io.iocp.benchmarks.measure.EchoLoad;
import io.iocp.benchmarks.measure.EchoLoad.Shape;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import java.io.IOException;
import java.util.Map;

/** What of an echo does not depend on how busy the machine is: instructions, system calls, bytes allocated. */
final class CountedEcho {
    static final Metric ALLOCATED = new Metric("bytes allocated", 2);
    private static final Shape SHAPE = Shape.pingPong(EchoServers.USUAL, 64);
    /** Messages for what is counted and costs nothing. */
    private static final int COUNTED = 100_000;

    /** Messages for what is allocated, which is read to the granularity of what threads allocate from. */
    private static final int ALLOCATING = 1_000_000;

    /** Messages for what is counted by steps. */
    private static final int STEPPED = 100;

    /** For these: answers come when all that were asked at once are done, and the load generator does not wait for ever. */
    private static final Shape FEW = new Shape(EchoServers.USUAL, EchoServers.USUAL / 2, 64, 1);

    /** What costs more is not stepped through: it would take minutes. */
    private static final double DEAR_MICROS = 12;

    private final Counters counters = new Counters();
    private final EchoLoad load;
    private final Progress progress;

    CountedEcho(EchoLoad load, Progress progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Of servers that are warm. */
    Comparison of(Map<String, ServerProcess> servers, Section section) throws Exception {
        Comparison counted = new Comparison();
        for (Map.Entry<String, ServerProcess> entry : servers.entrySet()) {
            progress.say("counting " + entry.getKey());
            ServerProcess server = entry.getValue();
            load.connect(server, SHAPE);
            double cost = load.exchange(server, SHAPE, COUNTED).get(Metric.SERVER_CPU);
            Sample sample = counters.each(
                    server,
                    COUNTED,
                    cost > DEAR_MICROS ? 0 : STEPPED,
                    messages -> load.exchange(server, messages > STEPPED ? SHAPE : FEW, messages));
            sample.with(ALLOCATED, allocatedForEach(server));
            load.disconnect();
            counted.add(entry.getKey(), sample);
        }
        section.comparison(
                "Counted for an echo, 50 connections, 64 bytes",
                counted,
                Counters.USER,
                "Instructions: " + counters.text() + ". System calls are those of "
                        + Table.number(COUNTED, 0) + " messages at full speed, bytes allocated on the heap of "
                        + Table.number(ALLOCATING, 0) + ". What costs more than "
                        + Table.number(DEAR_MICROS, 0)
                        + " us is not stepped through.");
        return counted;
    }

    /** Less what it allocates to say how much it has allocated. */
    private double allocatedForEach(ServerProcess server) throws IOException {
        server.allocatedBytes();
        long first = server.allocatedBytes();
        long second = server.allocatedBytes();
        load.exchange(server, SHAPE, ALLOCATING);
        long third = server.allocatedBytes();
        return Math.max(0, (double) (third - second) - (second - first)) / ALLOCATING;
    }
}
