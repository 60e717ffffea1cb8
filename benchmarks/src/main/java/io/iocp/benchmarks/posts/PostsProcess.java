package io.iocp.benchmarks.posts;

import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One candidate in a process of its own. Pairs with {@link PostsServer}. */
final class PostsProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 5;

    private final Process process;
    private final BufferedReader output;
    private final Writer input;

    private PostsProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.input = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** @param processors that it may run on, in the manner of {@code taskset -c}; empty for all */
    static PostsProcess start(Postbox.Kind kind, String processors) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ServerProcess.FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PostsServer.class.getName(), kind.name()));
        return new PostsProcess(new ProcessBuilder(Settings.onProcessors(processors, command))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    PostsSample run(PostsLoad load) throws IOException {
        input.write(load.line() + "\n");
        input.flush();
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the process has ended");
        }
        return PostsSample.parse(line);
    }

    @Override
    public void close() {
        try {
            input.close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
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
