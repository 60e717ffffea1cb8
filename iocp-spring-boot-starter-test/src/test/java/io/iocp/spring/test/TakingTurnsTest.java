package io.iocp.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;

/** Time passes at once where the client and the port take turns. */
@IocpTest(
        engine = EngineUnderTest.SIMULATED,
        faults = @SimulatedFaults(takingTurns = true),
        properties = {"iocp.servers.echo.port=0", "iocp.servers.echo.idle-timeout=1h"})
@ContextConfiguration(classes = TakingTurnsTest.Application.class)
@Timeout(60)
class TakingTurnsTest {

    @SpringBootConfiguration
    @EnableAutoConfiguration
    @Import(Echo.class)
    static class Application {}

    static class Echo {
        @IoCompletionHandler(server = "echo")
        byte[] received(byte[] bytes) {
            return bytes;
        }
    }

    @Test
    void anIdleConnectionIsClosedAfterAnHourThatTakesNone(@ConnectedTo("echo") IocpTestClient client) {
        client.send("hello").expect("hello");
        client.expectNothing(Duration.ofMinutes(59));
        client.within(Duration.ofMinutes(2)).expectEnd();
    }

    @Test
    void thePortHasOneShard(@Autowired CompletionPort port) {
        assertThat(port.stats().shards()).hasSize(1);
    }
}
