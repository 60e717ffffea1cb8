package io.iocp;

import io.iocp.linux.Linux;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.TestAbortedException;

/** Decides whether the machine has what a test {@link Needs}. */
public final class NeedsCondition implements ExecutionCondition {

    private static final Map<String, Optional<String>> MISSING = new ConcurrentHashMap<>();

    private static final Map<String, String> DEBIAN_PACKAGES = Map.of(
            "nc",
            "netcat-openbsd",
            "redis-cli",
            "redis-tools",
            "redis-benchmark",
            "redis-tools",
            "ss",
            "iproute2",
            "perf",
            "linux-perf",
            "promtool",
            "prometheus",
            "nginx",
            "nginx-light");

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Optional<Needs> needs = AnnotationSupport.findAnnotation(context.getElement(), Needs.class);
        if (needs.isEmpty()) {
            return ConditionEvaluationResult.enabled("needs nothing special");
        }
        String missing = Stream.of(needs.get().value())
                .flatMap(need -> missing(need).stream())
                .collect(Collectors.joining("; "));
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("has all that it needs");
        }
        if (everythingIsRequired()) {
            // A condition has no other way to fail a test than to throw.
            throw new IllegalStateException(refusal(missing));
        }
        return ConditionEvaluationResult.disabled(missing);
    }

    /** Why the machine lacks the need and how to get it, or empty where it has it. Looked up once per run. */
    public static Optional<String> missing(String need) {
        return MISSING.computeIfAbsent(need, NeedsCondition::look);
    }

    /** The same as {@link Needs} for one invocation of a parameterized test: aborts it, or fails it if required. */
    public static void require(String need) {
        Optional<String> missing = missing(need);
        if (missing.isPresent()) {
            if (everythingIsRequired()) {
                throw new AssertionError(refusal(missing.get()));
            }
            throw new TestAbortedException(missing.get());
        }
    }

    private static boolean everythingIsRequired() {
        return "all".equals(System.getProperty("iocp.require"));
    }

    private static String refusal(String missing) {
        return missing + " (required by -Diocp.require=all)";
    }

    private static Optional<String> look(String need) {
        return switch (need) {
            case "io_uring" -> IoUringProbe.whyUnavailable().map(why -> "needs io_uring: " + why);
            case "docker" -> lookForDocker();
            case "linux" ->
                Linux.open() instanceof Linux.Unavailable no
                        ? Optional.of("needs Linux' system calls: " + no.reason() + "; " + no.remedy())
                        : Optional.empty();
            default -> lookOnPath(need);
        };
    }

    private static Optional<String> lookForDocker() {
        if (lookOnPath("docker").isPresent()) {
            return Optional.of("needs docker: no such program on the path; on Debian apt-get install docker.io");
        }
        try {
            Process version = new ProcessBuilder("docker", "version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!version.waitFor(20, TimeUnit.SECONDS)) {
                version.destroyForcibly();
                return Optional.of("needs docker: the engine did not answer `docker version` within 20 seconds");
            }
            return version.exitValue() == 0
                    ? Optional.empty()
                    : Optional.of("needs docker: `docker version` failed; start the engine or point DOCKER_HOST at it"
                            + " (`bash .ci/run` starts one of its own)");
        } catch (IOException e) {
            return Optional.of("needs docker: `docker version` did not start: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("needs docker: interrupted while asking for its version");
        }
    }

    private static Optional<String> lookOnPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean found = Stream.of(path.split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
        return found
                ? Optional.empty()
                : Optional.of("needs " + program + ": no such program on the path; on Debian apt-get install "
                        + DEBIAN_PACKAGES.getOrDefault(program, program));
    }
}
