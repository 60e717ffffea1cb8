package io.iocp.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;

/** The application on a network in memory, with its faults. */
@IocpTest(
        engine = EngineUnderTest.SIMULATED,
        faults = @SimulatedFaults(shortSend = 0.9, shortReceive = 0.9, delay = 0.5, window = 1000),
        properties = "iocp.servers.echo.port=7")
@ContextConfiguration(classes = SimulatedNetworkTest.Application.class)
class SimulatedNetworkTest {
    @Autowired
    private IocpTestClients clients;

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
    void thePortRunsOnTheNetworkOfTheTest(@Autowired CompletionPort port, SimulatedNetwork network) {
        assertThat(port.engine().engine()).isEqualTo("simulated");
        assertThat(port.engine().reason()).contains(network.toString());
        assertThat(network.faults().shortSend()).isEqualTo(0.9);
        assertThat(network.faults().reorder())
                .isEqualTo(FaultPreset.TIMING.faults().reorder());
        assertThat(network.faults().reset()).isZero();
    }

    @Test
    void everyByteComesBackInOrderWhateverIsShortOrLate() {
        byte[] bytes = new byte[20_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ((i * 31) >> 3);
        }
        IocpTestClient client = clients.connect("echo");
        Thread.startVirtualThread(() -> client.send(bytes).shutdownOutput());
        assertThat(Arrays.equals(client.receiveAll(), bytes)).isTrue();
    }
}
