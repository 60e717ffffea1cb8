package io.iocp.benchmarks;

import io.iocp.benchmarks.blocking.BlockingMix;
import io.iocp.benchmarks.blocking.HandOvers;
import io.iocp.benchmarks.echo.Accept;
import io.iocp.benchmarks.echo.AnnotatedEcho;
import io.iocp.benchmarks.echo.Echo;
import io.iocp.benchmarks.echo.Idle;
import io.iocp.benchmarks.echo.Meters;
import io.iocp.benchmarks.files.FileServer;
import io.iocp.benchmarks.kv.KeyValue;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.page.Results;
import io.iocp.benchmarks.page.Workload;
import io.iocp.benchmarks.parts.Parts;
import io.iocp.benchmarks.posts.Posts;
import io.iocp.benchmarks.reads.FileReads;
import io.iocp.benchmarks.tls.Tls;
import io.iocp.benchmarks.tls.TlsIdle;
import io.iocp.benchmarks.tls.TlsProviders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * All workloads, or some.
 *
 * <pre>{@code
 * benchmarks/run                                  # all, with RESULTS.md as it is committed
 * benchmarks/run echo rounds=9 millis=2000        # one
 * benchmarks/run echo,kv folder=/tmp/results      # some, and their page elsewhere
 * }</pre>
 */
final class Benchmarks {
    private static final System.Logger LOG = System.getLogger(Benchmarks.class.getName());

    static final List<Workload> ALL = List.of(
            new Echo(),
            new AnnotatedEcho(),
            new Accept(),
            new Idle(),
            new BlockingMix(),
            new KeyValue(),
            new FileServer(),
            new Posts(),
            new FileReads(),
            new Tls(),
            new TlsIdle(),
            new TlsProviders(),
            new HandOvers(),
            new Meters(),
            new Parts());

    private Benchmarks() {}

    public static void main(String[] arguments) throws Exception {
        boolean some = arguments.length > 0 && !arguments[0].contains("=");
        List<Workload> chosen = some ? named(arguments[0].split(",", -1)) : ALL;
        String[] rest = Arrays.copyOfRange(arguments, some ? 1 : 0, arguments.length);
        List<String> failed = new ArrayList<>();
        for (Workload workload : chosen) {
            Arguments given = new Arguments(rest);
            Path folder = Path.of(given.text("folder", "benchmarks"));
            String command = ("benchmarks/run " + workload.name() + " " + String.join(" ", rest)).strip();
            try {
                new Results(folder, ALL).run(workload, command, given);
            } catch (Exception e) {
                // What the others came to, in the better part of an hour, is not to be lost with it.
                LOG.log(System.Logger.Level.ERROR, workload.name() + " failed", e);
                failed.add(workload.name());
            }
        }
        if (!failed.isEmpty()) {
            throw new IllegalStateException("failed: " + String.join(", ", failed));
        }
    }

    private static List<Workload> named(String... names) {
        return Arrays.stream(names)
                .map(name -> ALL.stream()
                        .filter(workload -> workload.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("no workload '" + name + "'; there are "
                                + ALL.stream().map(Workload::name).collect(Collectors.joining(", ")))))
                .toList();
    }
}
