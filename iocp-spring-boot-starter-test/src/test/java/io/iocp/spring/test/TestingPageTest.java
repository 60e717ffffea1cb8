package io.iocp.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page about testing shows what is compiled and run here, and names what is there. */
class TestingPageTest {
    private static final Path PAGE = Path.of("..", "docs", "testing.md");

    @Test
    void itsExampleIsTheOneThatRuns() throws IOException {
        String page = Files.readString(PAGE);
        for (String name : List.of("ShoutServer", "ShoutServerTest")) {
            String source = Files.readString(Path.of("src/test/java/com/example/shout", name + ".java"));
            assertThat(page).as(name).contains("```java\n" + source.strip() + "\n```");
        }
    }

    @Test
    void everyFaultIsThere() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(Arrays.stream(SimulatedFaults.class.getDeclaredMethods()).map(method -> method.getName()))
                .allSatisfy(rate -> assertThat(page).containsPattern("[`( ]" + rate + "[` ]"));
        assertThat(FaultPreset.values()).allSatisfy(preset -> assertThat(page).contains("| `" + preset.name() + "`"));
        assertThat(EngineUnderTest.values())
                .allSatisfy(engine -> assertThat(page).contains(engine.name()));
    }
}
