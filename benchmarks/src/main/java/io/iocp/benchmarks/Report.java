package io.iocp.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A Markdown page of figures: where and how they were taken, and tables. */
final class Report {
    private final StringBuilder text = new StringBuilder();

    Report(String title, String... paragraphs) {
        text.append("# ").append(title).append('\n');
        text.append("Written by the program that measured; the reading of it is in [README.md](README.md).\n\n");
        paragraphs(paragraphs);
    }

    Report paragraphs(String... paragraphs) {
        for (String paragraph : paragraphs) {
            text.append(paragraph).append("\n\n");
        }
        return this;
    }

    Report heading(String heading) {
        text.append("## ").append(heading).append('\n');
        return this;
    }

    /** What somebody needs to know who wants to see the same, with servers of their own processes. */
    Report circumstances(String command, Rounds.Settings settings) throws IOException {
        List<List<String>> rows = machineAndServers(command, List.of());
        rows.add(List.of("servers may run on", settings.serverProcessorsOrAll()));
        rows.add(List.of("load generator may run on", settings.loadProcessorsOrAll()));
        rows.addAll(rounds("server", settings));
        return heading("Circumstances").table(List.of("what", "value"), rows);
    }

    /** The same where there are no rounds of a certain time. */
    Report circumstancesOfServers(String command, List<String> moreFlags) throws IOException {
        return heading("Circumstances").table(List.of("what", "value"), machineAndServers(command, moreFlags));
    }

    private static List<List<String>> machineAndServers(String command, List<String> moreFlags) throws IOException {
        List<List<String>> rows = new ArrayList<>(machine(command));
        List<String> flags = new ArrayList<>(ServerProcess.FLAGS);
        flags.addAll(moreFlags);
        rows.add(List.of("server flags", "`" + String.join(" ", flags) + "`"));
        rows.add(List.of(
                "Netty",
                String.valueOf(io.netty.channel.Channel.class.getPackage().getImplementationVersion())));
        return rows;
    }

    /** The same where all candidates work in this process. */
    Report circumstancesOfOneProcess(String command, Rounds.Settings settings) throws IOException {
        List<List<String>> rows = new ArrayList<>(machine(command));
        rows.addAll(rounds("candidate", settings));
        return heading("Circumstances").table(List.of("what", "value"), rows);
    }

    /** The same where it is said elsewhere how much was done. */
    Report circumstancesOfOneProcess(String command) throws IOException {
        return heading("Circumstances").table(List.of("what", "value"), machine(command));
    }

    private static List<List<String>> machine(String command) throws IOException {
        return List.of(
                List.of("command", "`" + command + "`"),
                List.of("sources", "commit " + commit()),
                List.of("date", LocalDate.now(java.time.ZoneId.systemDefault()).toString()),
                List.of("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version")),
                List.of(
                        "processors",
                        processors() + ", shared with whatever else ran on the machine (load average " + loadAverage()
                                + " before)"),
                List.of(
                        "JDK",
                        System.getProperty("java.vendor.version") + " (" + System.getProperty("java.vm.version")
                                + ")"));
    }

    private static List<List<String>> rounds(String candidate, Rounds.Settings settings) {
        return List.of(
                List.of("warm-up of each " + candidate, settings.warmUp().toMillis() + " ms, thrown away"),
                List.of("rounds, candidates in turn", Integer.toString(settings.rounds())),
                List.of("measured in each", settings.measured().toMillis() + " ms"));
    }

    private static String commit() throws IOException {
        Process git = new ProcessBuilder("git", "describe", "--always", "--dirty", "--exclude=*")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var output = git.inputReader(StandardCharsets.UTF_8)) {
            String described = output.readLine();
            return described == null ? "unknown" : described;
        }
    }

    private static String loadAverage() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0];
    }

    private static String processors() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            List<String> models =
                    lines.filter(line -> line.startsWith("model name")).toList();
            String model = models.isEmpty() ? "unknown" : models.getFirst().replaceFirst(".*: ", "");
            return models.size() + " of " + model;
        }
    }

    /** How each candidate was started. */
    Report candidates(List<Candidate> candidates) {
        heading("Servers");
        List<List<String>> rows = new ArrayList<>();
        candidates.forEach(c -> rows.add(List.of(c.name(), "`" + c.command() + "`")));
        return table(List.of("server", "program and arguments"), rows);
    }

    /** One row for each candidate: medians over the rounds, ratios pair by pair to the first candidate. */
    Report comparison(Map<Candidate, List<Measurement>> measured) {
        List<Measurement> first = measured.values().iterator().next();
        List<List<String>> rows = new ArrayList<>();
        measured.forEach((candidate, rounds) -> rows.add(List.of(
                candidate.name(),
                number(median(rounds, Measurement::perSecond)),
                number(rounds.stream().mapToDouble(Measurement::perSecond).min().orElse(Double.NaN))
                        + " - "
                        + number(rounds.stream()
                                .mapToDouble(Measurement::perSecond)
                                .max()
                                .orElse(Double.NaN)),
                ratio(rounds, first, Measurement::perSecond),
                number(median(rounds, m -> m.othersMicros(50))),
                number(median(rounds, m -> m.othersMicros(99))),
                number(median(rounds, m -> m.othersMicros(99.9))),
                number(median(rounds, m -> m.sleepersMicros(99))),
                decimal(median(rounds, Measurement::serverMicrosPerMessage)),
                decimal(median(rounds, Measurement::serverProcessors)),
                decimal(median(rounds, Measurement::loadMicrosPerMessage)))));
        return table(
                List.of(
                        "server",
                        "messages/s",
                        "least - most",
                        "x first",
                        "others p50 us",
                        "p99 us",
                        "p99.9 us",
                        "sleepers p99 us",
                        "server CPU us/message",
                        "processors busy",
                        "load CPU us/message"),
                rows);
    }

    /** The median of the ratios, round by round. */
    static String ratio(List<Measurement> rounds, List<Measurement> first, ToDoubleFunction<Measurement> of) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < rounds.size(); i++) {
            ratios.add(of.applyAsDouble(rounds.get(i)) / of.applyAsDouble(first.get(i)));
        }
        return decimal(median(ratios));
    }

    Report table(List<String> heads, List<List<String>> rows) {
        row(heads);
        row(heads.stream().map(_ -> "---").toList());
        rows.forEach(this::row);
        text.append('\n');
        return this;
    }

    private void row(List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    static double median(List<Measurement> rounds, ToDoubleFunction<Measurement> of) {
        return median(rounds.stream().mapToDouble(of).boxed().toList());
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,.0f", value);
    }

    static String decimal(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
    }

    String page() {
        return text.toString().stripTrailing() + "\n";
    }

    /** Prints the page, and writes it where it is kept. */
    void write(Path file) throws IOException {
        String page = page();
        IO.println(page);
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(file, page);
        IO.println("written to " + file);
    }
}
