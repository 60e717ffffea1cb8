package io.iocp.benchmarks.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The demo application as its users run it, {@code java -jar}, with one worker and one of its servers. */
public final class DemoApplication {
    private static final List<String> SERVERS = List.of("echo", "kv", "files");

    private DemoApplication() {}

    /**
     * A candidate with one server.
     *
     * @param name of the candidate
     * @param server which; the others are off
     */
    public static Candidate serving(String name, String server, int port, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(ServerProcess.FLAGS);
        arguments.addAll(List.of("-jar", jar().toString(), "--server.port=0", "--iocp.concurrency=1"));
        arguments.add("--demo.tls.enabled=false");
        for (String one : SERVERS) {
            arguments.add("--iocp.servers." + one + (one.equals(server) ? ".port=" + port : ".enabled=false"));
        }
        arguments.addAll(List.of(more));
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return Candidate.executable(name, java, arguments.toArray(String[]::new));
    }

    /** What the module beside this one has made; relative to where we are, for the page. */
    private static Path jar() throws IOException {
        Path target = requireNonNull(NativeTool.module().getParent()).resolve("demo-app/target");
        if (Files.isDirectory(target)) {
            try (Stream<Path> files = Files.list(target)) {
                for (Path file : files.toList()) {
                    if (requireNonNull(file.getFileName()).toString().matches("demo-app-.*\\.jar")) {
                        return Path.of("").toAbsolutePath().relativize(file);
                    }
                }
            }
        }
        throw new IOException("no demo-app/target/demo-app-*.jar: run ./mvnw -pl demo-app -am -DskipTests package");
    }
}
