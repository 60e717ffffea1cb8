package io.iocp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Lists every test that did not run, loudly, when the tests of a module end.
 *
 * <p>All modules of one build add to {@code target/skipped-needs.txt} in the root, whose first line
 * names the build, so the last module's list is the whole build's. JUnit finds this class as a service.
 */
public final class SkipReport implements TestExecutionListener {

    private static final String RULE = "=".repeat(78);

    private final List<String> skipped = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        skipped.add(describe(test, reason));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            String reason = result.getThrowable().map(Throwable::getMessage).orElse("an assumption did not hold");
            skipped.add(describe(test, reason));
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        List<String> all = new ArrayList<>();
        String build = System.getProperty("iocp.build");
        Optional<Path> root = Repository.root();
        if (build == null || root.isEmpty()) {
            all.addAll(skipped);
        } else {
            all.addAll(addToFile(root.get().resolve("target/skipped-needs.txt"), "build " + build));
        }
        skipped.clear();
        if (!all.isEmpty()) {
            print(all);
        }
    }

    private List<String> addToFile(Path file, String build) {
        try {
            Files.createDirectories(file.getParent());
            List<String> lines = new ArrayList<>();
            if (Files.exists(file)) {
                lines.addAll(Files.readAllLines(file));
            }
            if (lines.isEmpty() || !lines.getFirst().equals(build)) {
                lines.clear();
                lines.add(build);
            }
            lines.addAll(skipped);
            Files.write(file, lines);
            return lines.subList(1, lines.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void print(List<String> lines) {
        StringBuilder report = new StringBuilder("\n").append(RULE).append('\n');
        report.append("NOT RUN so far in this build, ").append(lines.size()).append(" in all:\n");
        lines.forEach(line -> report.append("  ").append(line).append('\n'));
        report.append("-Diocp.require=all makes each need that is missing a failure.\n")
                .append(RULE);
        System.out.println(report);
    }

    private static String describe(TestIdentifier test, @Nullable String reason) {
        String module = Path.of("").toAbsolutePath().getFileName().toString();
        String place = test.getSource()
                .map(source -> switch (source) {
                    case MethodSource method -> method.getClassName() + "#" + method.getMethodName();
                    case ClassSource type -> type.getClassName();
                    default -> "";
                })
                .orElse("");
        String name = place.endsWith(test.getDisplayName().replace("()", "")) ? "" : " " + test.getDisplayName();
        String why = reason == null ? "no reason given" : reason.replace('\n', ' ');
        return module + ": " + place + name + ": " + why;
    }
}
