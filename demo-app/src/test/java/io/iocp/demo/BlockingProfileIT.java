package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;

class BlockingProfileIT {
    private static final int CONNECTIONS = 50;
    private static final int MESSAGES = 200;

    @AfterAll
    static void stop() {
        DemoServer.stopAll();
    }

    @EachEngine
    void declaredHandlerSleepsAndEveryByteComesBackInOrder(EngineChoice engine) throws IOException {
        echoes(DemoServer.on(engine, "blocking"), "echo-declared");
    }

    @EachEngine
    void undeclaredHandlerSleepsAndEveryByteComesBackInOrder(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine, "blocking");

        echoes(server, "echo");

        // A hundred sleeps of 20 ms: the port has found out, and says so.
        assertThat(server.port().stats().handOvers()).isPositive();
        assertThat(server.get("/actuator/iocp/default")).contains("\"handOvers\":");
        assertThat(server.get("/actuator/iocpevents")).contains("\"handover\"", "blockingEchoService.undeclared");
    }

    private static void echoes(DemoServer server, String name) throws IOException {
        DemoServer.Usage before = server.usageWithoutClients();
        BlockingMixClients clients = new BlockingMixClients(server.address(name), CONNECTIONS, MESSAGES);

        clients.run(Duration.ofMinutes(1));

        int counted = CONNECTIONS * (MESSAGES - MESSAGES / 5);
        assertThat(clients.sleepers().count() + clients.others().count()).isEqualTo(counted);
        // Of 160 messages in a row one or two sleep.
        assertThat(clients.sleepers().count()).isBetween(CONNECTIONS, 2 * CONNECTIONS);
        assertThat(clients.sleepers().millis(0)).isGreaterThanOrEqualTo(19.9);
        server.awaitUsage(before);
    }

    @EachEngine
    void actuatorShowsThePoolOfTheProfile(EngineChoice engine) throws IOException {
        DemoServer server = DemoServer.on(engine, "blocking");

        assertThat(server.get("/actuator/iocp/default"))
                .contains("\"concurrency\":2", "\"max\":64", "\"blocked\":", "\"parked\":")
                .contains("blockingEchoService.declared", "blockingEchoService.undeclared");
    }
}
