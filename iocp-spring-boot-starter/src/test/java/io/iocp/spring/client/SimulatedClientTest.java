package io.iocp.spring.client;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.CompletionPortCustomizer;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.IocpClientConnectionDetails;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A client and a server on a network that delays, reorders, cuts, refuses and resets whatever it can. */
class SimulatedClientTest {
    private static final int THREADS = 3;
    private static final int EACH = 150;

    @Configuration(proxyBeanMethods = false)
    static class Application {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }

        @Bean
        IocpClientConnectionDetails ownServer(ObjectProvider<TcpServers> servers) {
            return IocpClientConnectionDetails.of("up", () -> {
                TcpServer server = requireNonNull(servers.getObject().server("echo"));
                return ClientAddress.of(
                        "127.0.0.1", requireNonNull(server.localAddress()).getPort());
            });
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldEndEveryRequestOnceAndWithItsOwnAnswer(long seed) {
        List<CompletionPort> port = new ArrayList<>();
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withUserConfiguration(Application.class)
                .withBean(
                        CompletionPortCustomizer.class,
                        () -> options -> options.simulated(SimulatedNetwork.of(
                                seed, Faults.all().failing(0.002, 0, 0).refusing(0.2))))
                .withPropertyValues(
                        "iocp.servers.echo.port=0",
                        "iocp.servers.echo.address=127.0.0.1",
                        "iocp.clients.up.connections=3",
                        "iocp.clients.up.framing.type=line",
                        "iocp.clients.up.reconnect.initial-delay=1ms",
                        "iocp.clients.up.reconnect.max-delay=5ms",
                        "iocp.concurrency=2")
                .run(context -> {
                    port.add(context.getBean(CompletionPort.class));
                    TcpClient client = context.getBean(TcpClient.class);
                    await().until(() -> client.connections(ClientState.UP) > 0);
                    AtomicInteger answered = new AtomicInteger();
                    List<Throwable> wrong = new ArrayList<>();
                    // A round in which every connection is cut before its first answer is rare, and nobody's fault.
                    await().until(() -> {
                        askAll(client, answered, wrong);
                        return answered.get() > 0 || !wrong.isEmpty();
                    });
                    assertThat(wrong).isEmpty();
                    await().until(() -> !client.isBusy());
                    await().until(() -> client.connections(ClientState.UP) == 3);
                });
        assertThat(port.getFirst().stats().inFlight().values()).allMatch(n -> n == 0);
        assertThat(port.getFirst().stats().connections()).isZero();
    }

    private static void askAll(TcpClient client, AtomicInteger answered, List<Throwable> wrong)
            throws InterruptedException {
        List<Thread> askers = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int number = t;
            askers.add(Thread.ofPlatform().start(() -> ask(client, number, answered, wrong)));
        }
        for (Thread asker : askers) {
            asker.join();
        }
    }

    private static void ask(TcpClient client, int thread, AtomicInteger answered, List<Throwable> wrong) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < EACH; i++) {
            String question = thread + "." + i;
            all.add(client.exchange(question + "\n", String.class).handle((answer, failure) -> {
                if (failure == null) {
                    assertThat(answer).isEqualTo(question);
                    answered.incrementAndGet();
                } else {
                    assertThat(failure).isInstanceOf(IOException.class);
                }
                return null;
            }));
        }
        for (CompletableFuture<Void> one : all) {
            try {
                one.orTimeout(20, TimeUnit.SECONDS).join();
            } catch (CompletionException e) {
                synchronized (wrong) {
                    wrong.add(requireNonNull(e.getCause()));
                }
            }
        }
    }
}
