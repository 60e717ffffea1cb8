package io.iocp.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server in a process of its own.
 *
 * <p>Pairs with {@link Console}, whose protocol servers in C speak too.
 */
public final class ServerProcess implements AutoCloseable {
    /** The same for all JVMs: a heap that never grows, and the collector that a machine of two processors gets. */
    public static final List<String> FLAGS =
            List.of("-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "--enable-native-access=ALL-UNNAMED");

    /** System properties of this process that its servers get too, because both sides have to agree on them. */
    private static final List<String> SHARED = List.of("jdk.tls.namedGroups");

    private final Process process;
    private final BufferedReader output;
    private final Writer input;
    private final InetSocketAddress address;

    private ServerProcess(Process process) throws IOException {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.input = process.outputWriter(StandardCharsets.UTF_8);
        String said = output.readLine();
        if (said == null || !said.startsWith(Console.LISTENING)) {
            process.destroy();
            throw new IOException("the server did not start, and said: " + said);
        }
        int port = Integer.parseInt(said.substring(Console.LISTENING.length()));
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /**
     * Starts it and waits until it listens.
     *
     * @param processors that it may run on, in the manner of {@code taskset -c}; empty for all
     */
    public static ServerProcess start(Candidate candidate, String processors) throws IOException {
        return start(candidate, processors, List.of());
    }

    /**
     * The same.
     *
     * @param moreFlags of a JVM, beside {@link #FLAGS}, or in their place
     */
    public static ServerProcess start(Candidate candidate, String processors, List<String> moreFlags)
            throws IOException {
        List<String> command = new ArrayList<>();
        if (candidate.isJava()) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(FLAGS);
            command.addAll(moreFlags);
            for (String shared : SHARED) {
                String value = System.getProperty(shared);
                if (value != null) {
                    command.add("-D" + shared + "=" + value);
                }
            }
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        }
        command.add(candidate.program());
        command.addAll(candidate.arguments());
        return new ServerProcess(new ProcessBuilder(Settings.onProcessors(processors, command))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    public InetSocketAddress address() {
        return address;
    }

    public long pid() {
        return process.pid();
    }

    /** Its memory, after a collection. */
    public Footprint footprint() throws IOException {
        return Footprint.parse(asked(Console.FOOTPRINT));
    }

    /** What the server has to say about itself. */
    public String figures() throws IOException {
        return asked("");
    }

    private String asked(String question) throws IOException {
        input.write(question + "\n");
        input.flush();
        String line = output.readLine();
        return line == null ? "" : line;
    }

    /** What its threads have allocated on the heap so far; 0 if it has none. */
    public long allocatedBytes() throws IOException {
        return figure(Console.ALLOCATED);
    }

    /** One of its figures, NAME=NUMBER; 0 if it does not say. */
    public long figure(String name) throws IOException {
        Matcher found = Pattern.compile("\\b" + name + "=(\\d+)").matcher(figures());
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    /** Processor time of all its threads, user and kernel, since it began. */
    public long cpuNanos() {
        return ProcessorTime.nanosOf(process.pid());
    }

    @Override
    public void close() {
        try {
            input.close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
