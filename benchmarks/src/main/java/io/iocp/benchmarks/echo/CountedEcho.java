package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
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
    /** As many times more for what is allocated, which is read to the granularity of what threads allocate from. */
    private static final int MORE = 10;

    /** For these: answers come when all that were asked at once are done, and the load generator does not wait for ever. */
    private static final Shape FEW = new Shape(EchoServers.USUAL, EchoServers.USUAL / 2, 64, 1);

    /** What costs more is not stepped through: it would take minutes. */
    private static final double DEAR_MICROS = 12;

    private final Counters counters = new Counters();
    private final EchoLoad load;
    private final Progress progress;
    private final int counted;
    private final int stepped;

    CountedEcho(EchoLoad load, Progress progress, Extent extent) {
        this.load = load;
        this.progress = progress;
        this.counted = extent.counted();
        this.stepped = extent.stepped();
    }

    /**
     * How much to count, as the arguments say.
     *
     * @param counted messages for what is counted and costs nothing
     * @param stepped messages for what is counted by steps; 0 for none
     */
    record Extent(int counted, int stepped) {

        static Extent of(Arguments given) {
            return new Extent(given.number("counted", 100_000), given.number("stepped", 100));
        }
    }

    /** Of servers that are warm. */
    Comparison of(Map<String, ServerProcess> servers, Section section) throws Exception {
        Comparison all = new Comparison();
        for (Map.Entry<String, ServerProcess> entry : servers.entrySet()) {
            progress.say("counting " + entry.getKey());
            ServerProcess server = entry.getValue();
            load.connect(server, SHAPE);
            double cost = load.exchange(server, SHAPE, counted).get(Metric.SERVER_CPU);
            Sample sample = counters.each(
                    server,
                    counted,
                    cost > DEAR_MICROS ? 0 : stepped,
                    messages -> load.exchange(server, messages > stepped ? SHAPE : FEW, messages));
            sample.with(ALLOCATED, allocatedForEach(server));
            load.disconnect();
            all.add(entry.getKey(), sample);
        }
        section.comparison(
                "Counted for an echo, 50 connections, 64 bytes",
                all,
                Counters.USER,
                "Instructions: " + counters.text() + ". System calls are those of "
                        + Table.number(counted, 0) + " messages at full speed, bytes allocated on the heap of "
                        + Table.number((double) counted * MORE, 0) + ". What costs more than "
                        + Table.number(DEAR_MICROS, 0)
                        + " us is not stepped through.");
        return all;
    }

    /** Less what it allocates to say how much it has allocated. */
    private double allocatedForEach(ServerProcess server) throws IOException {
        server.allocatedBytes();
        long first = server.allocatedBytes();
        long second = server.allocatedBytes();
        load.exchange(server, SHAPE, (long) counted * MORE);
        long third = server.allocatedBytes();
        return Math.max(0, (third - second) - (second - first)) / ((double) counted * MORE);
    }
}
