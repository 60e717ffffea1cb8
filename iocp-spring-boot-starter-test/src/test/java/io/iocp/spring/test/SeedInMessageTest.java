package io.iocp.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;

/** However a test on a simulated network fails, the seed to replay it with is in what is printed. */
class SeedInMessageTest {
    private static final String REPLAY = "replay with -Diocp.seed=4711";

    private static volatile boolean asked;

    static boolean asked() {
        return asked;
    }

    @Test
    void theSeedIsInEveryFailure() {
        Map<String, Throwable> failures = new TreeMap<>();
        asked = true;
        try {
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(selectClass(Failing.class))
                                    .build(),
                            new TestExecutionListener() {
                                @Override
                                public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                    result.getThrowable()
                                            .ifPresent(failure -> failures.put(
                                                    test.getDisplayName().replaceFirst("\\(.*", ""), failure));
                                }
                            });
        } finally {
            asked = false;
        }
        assertThat(failures).containsOnlyKeys("anAssertion", "anException", "aClient");
        assertThat(failures.get("anAssertion"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(REPLAY);
        assertThat(failures.get("aClient")).hasMessageContaining(REPLAY).hasMessageContaining("nothing is unread");
        Throwable exception = Objects.requireNonNull(failures.get("anException"));
        assertThat(exception).isInstanceOf(IOException.class);
        assertThat(Arrays.toString(exception.getSuppressed())).contains(REPLAY);
    }

    /** Fails only when it is asked to, by the test above. */
    @EnabledIf("io.iocp.spring.test.SeedInMessageTest#asked")
    @IocpTest(
            engine = EngineUnderTest.SIMULATED,
            faults = @SimulatedFaults(seed = 4711),
            properties = "iocp.servers.mute.port=0")
    @ContextConfiguration(classes = Application.class)
    static class Failing {
        @Test
        void anAssertion(SimulatedNetwork network) {
            assertThat(network.seed()).isEqualTo(4711);
            fail("on purpose");
        }

        @Test
        void anException() throws IOException {
            throw new IOException("on purpose");
        }

        @Test
        void aClient(@ConnectedTo("mute") IocpTestClient client) {
            client.within(Duration.ofMillis(50)).receiveLine();
        }
    }

    @SpringBootConfiguration
    @EnableAutoConfiguration
    @Import(Mute.class)
    static class Application {}

    static class Mute {
        @IoCompletionHandler(server = "mute")
        void received() {}
    }
}
