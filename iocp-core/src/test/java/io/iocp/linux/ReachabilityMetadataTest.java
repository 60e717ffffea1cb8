package io.iocp.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.linux.FfmLibc.Downcall;
import java.io.InputStream;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Holds what a native image is told to what is linked. A native function that is not in the metadata can be linked on the JVM and
 * cannot in a native image, where no test of ours would see it.
 */
@EnabledOnOs(OS.LINUX)
class ReachabilityMetadataTest {
    /** Where native-image looks in every jar. */
    private static final String METADATA = "/META-INF/native-image/io.iocp/iocp-core/reachability-metadata.json";

    private static final List<String> TYPES = List.of("jint", "jlong");

    @Test
    void shouldTellANativeImageWhatIsLinked() throws Exception {
        assertThat(new FfmLibc().gettid()).isPositive();
        List<Downcall> linked = List.copyOf(FfmLibc.DOWNCALLS);
        String expected = linked.stream()
                .map(ReachabilityMetadataTest::json)
                .distinct()
                .sorted()
                .collect(Collectors.joining(",\n", "{\n  \"foreign\": {\n    \"downcalls\": [\n", "\n    ]\n  }\n}\n"));
        try (InputStream in = FfmLibc.class.getResourceAsStream(METADATA)) {
            assertThat(in).as("%s should hold:%n%s", METADATA, expected).isNotNull();
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(expected);
        }
    }

    private static String json(Downcall call) {
        String parameters = call.descriptor().argumentLayouts().stream()
                .map(ReachabilityMetadataTest::type)
                .collect(Collectors.joining(", "));
        String options = Stream.of(
                        call.capturesErrno() ? "\"captureCallState\": true" : "",
                        call.firstVariadic() < 0 ? "" : "\"firstVariadicArg\": " + call.firstVariadic())
                .filter(option -> !option.isEmpty())
                .collect(Collectors.joining(", "));
        return "      {\"returnType\": " + type(call.descriptor().returnLayout().orElseThrow())
                + ", \"parameterTypes\": [" + parameters + "]"
                + (options.isEmpty() ? "" : ", \"options\": {" + options + "}") + "}";
    }

    /** A layout by the name that the linker has for it, which is how the metadata names it. */
    private static String type(MemoryLayout layout) {
        Map<String, MemoryLayout> canonical = Linker.nativeLinker().canonicalLayouts();
        return TYPES.stream()
                .filter(name -> layout.equals(canonical.get(name)))
                .map(name -> "\"" + name + "\"")
                .findFirst()
                .orElseThrow(() -> new AssertionError("no name for " + layout));
    }
}
