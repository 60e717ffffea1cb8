package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.BlockingDetection;
import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.PortOptions;
import io.iocp.operation.KeepAlive;
import io.iocp.operation.OperationKind;
import io.iocp.operation.SocketOptions;
import io.iocp.spring.annotation.Attachment;
import io.iocp.spring.annotation.CompletionKey;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.connection.UnknownPortException;
import io.iocp.spring.handler.DuplicateHandlerException;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.handler.UnknownTargetException;
import io.iocp.spring.server.GracefulShutdown;
import io.iocp.spring.server.ServerStartException;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

class IocpAutoConfigurationTests {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1");

    @Test
    void whenNothingIsConfiguredThenThereIsAPortWithoutServers() {
        application.run(context -> {
            CompletionPort port = context.getBean(CompletionPort.class);
            assertThat(port.name()).isEqualTo("default");
            assertThat(port.isOpen()).isTrue();
            assertThat(port.options().closeHandles()).isTrue();
            assertThat(context.getBean(TcpServers.class).servers()).isEmpty();
        });
    }

    @Test
    void whenTheContextIsClosedThenThePortIsClosed() {
        CompletionPort[] port = new CompletionPort[1];
        application.run(context -> port[0] = context.getBean(CompletionPort.class));
        assertThat(port[0].isOpen()).isFalse();
    }

    @Test
    void whenDisabledThenEverythingBacksOff() {
        application
                .withPropertyValues("iocp.enabled=false")
                .run(context -> assertThat(context)
                        .doesNotHaveBean(CompletionPort.class)
                        .doesNotHaveBean(TcpServers.class)
                        .doesNotHaveBean(HandlerRegistry.class));
    }

    @Test
    void whenPropertiesAreSetThenThePortHasThem() {
        application
                .withPropertyValues(
                        "iocp.concurrency=2",
                        "iocp.workers.max=7",
                        "iocp.workers.virtual-threads=11",
                        "iocp.workers.blocking-detection=hand-over")
                .run(context -> {
                    PortOptions options = context.getBean(CompletionPort.class).options();
                    assertThat(options.engine()).isEqualTo(EngineChoice.NIO);
                    assertThat(options.concurrency()).isEqualTo(2);
                    assertThat(options.maxWorkers()).isEqualTo(7);
                    assertThat(options.virtualThreads()).isEqualTo(11);
                    assertThat(options.blockingDetection()).isEqualTo(BlockingDetection.HAND_OVER);
                });
    }

    @Test
    void whenThereAreFewerWorkersThanShardsThenStartFails() {
        application
                .withPropertyValues("iocp.concurrency=4", "iocp.workers.max=3")
                .run(context -> assertThat(context)
                        .hasFailed()
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                        .hasMessageContaining("iocp.workers.max"));
    }

    @Test
    void whenCustomizersExistThenTheyAreAppliedInOrderAfterTheProperties() {
        application.withUserConfiguration(Customizers.class).run(context -> {
            PortOptions options = context.getBean(CompletionPort.class).options();
            assertThat(options.maxPosts()).isEqualTo(21);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Customizers {
        @Bean
        @Order(2)
        CompletionPortCustomizer second() {
            return options -> options.maxPosts(options.maxPosts() * 2 + 1);
        }

        @Bean
        @Order(1)
        CompletionPortCustomizer first() {
            return options -> options.maxPosts(10);
        }
    }

    @Test
    void whenThereIsAPortAlreadyThenThePortBacksOffAndServersUseIt() {
        application
                .withBean("own", CompletionPort.class, IocpAutoConfigurationTests::openPort)
                .withPropertyValues("iocp.servers.echo.port=0", "iocp.servers.echo.completion-port=own")
                .run(context -> {
                    assertThat(context).hasSingleBean(CompletionPort.class).doesNotHaveBean("completionPort");
                    assertThat(context.getBean(TcpServers.class).servers())
                            .singleElement()
                            .satisfies(
                                    server -> assertThat(server.port().name()).isEqualTo("own"));
                });
    }

    private static CompletionPort openPort() {
        try {
            CompletionHandler nothing = packet -> {};
            return CompletionPort.open(
                    PortOptions.defaults()
                            .name("own")
                            .engine(EngineChoice.NIO)
                            .concurrency(1)
                            .closeHandles(true),
                    nothing);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whenAServerNamesAnUnknownPortThenStartFails() {
        application
                .withPropertyValues("iocp.servers.echo.port=0", "iocp.servers.echo.completion-port=nowhere")
                .run(context -> {
                    assertThat(context).hasFailed();
                    assertThat(context.getStartupFailure())
                            .rootCause()
                            .isInstanceOfSatisfying(
                                    UnknownPortException.class,
                                    e -> assertThat(requireNonNull(new UnknownPortFailureAnalyzer().analyze(e))
                                                    .getAction())
                                            .contains("iocp.servers.echo.completion-port", "default"));
                });
    }

    @Test
    void whenOptionsOfSocketsAreSetThenTheServerHasThem() {
        application
                .withPropertyValues(
                        "iocp.servers.echo.port=0",
                        "iocp.servers.echo.socket.no-delay=false",
                        "iocp.servers.echo.socket.keep-alive.idle=90s",
                        "iocp.servers.echo.socket.keep-alive.count=3",
                        "iocp.servers.echo.socket.receive-buffer=64KB",
                        "iocp.servers.echo.socket.send-buffer=32KB",
                        "iocp.servers.echo.socket.reset-on-close=true",
                        "iocp.servers.echo.socket.reuse-port=true")
                .run(context -> assertThat(context.getBean(TcpServers.class).servers())
                        .singleElement()
                        .satisfies(server -> assertThat(server.settings().socket())
                                .isEqualTo(new SocketOptions(
                                        false,
                                        new KeepAlive(Duration.ofSeconds(90), Duration.ofSeconds(10), 3),
                                        64 * 1024,
                                        32 * 1024,
                                        true,
                                        true,
                                        false))));
    }

    @Test
    void whenAnOptionOfSocketsIsOutOfBoundsThenStartFailsAndNamesIt() {
        application
                .withPropertyValues("iocp.servers.echo.port=0", "iocp.servers.echo.socket.keep-alive.idle=100ms")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                        .hasMessageContaining("iocp.servers.echo.socket.keep-alive"));
    }

    @Test
    void whenAServerHasNoPortNumberThenStartFails() {
        application
                .withPropertyValues("iocp.servers.echo.backlog=10")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                        .hasMessageContaining("iocp.servers.echo.port"));
    }

    @Test
    void whenThePortNumberIsInUseThenStartFailsAndTheAnalysisNamesIt() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            application
                    .withPropertyValues(
                            "iocp.servers.echo.address=127.0.0.1", "iocp.servers.echo.port=" + taken.getLocalPort())
                    .run(context -> assertThat(context.getStartupFailure())
                            .hasRootCauseInstanceOf(BindException.class)
                            .hasStackTraceContaining(ServerStartException.class.getName())
                            .satisfies(failure -> {
                                var analysis = requireNonNull(new PortInUseFailureAnalyzer().analyze(failure));
                                assertThat(analysis.getDescription())
                                        .contains("'echo'", String.valueOf(taken.getLocalPort()));
                                assertThat(analysis.getAction()).contains("iocp.servers.echo.port");
                            }));
        }
    }

    @Test
    void whenAHandlerNamesAnUnknownServerThenStartFailsAndTheAnalysisNamesBoth() {
        application
                .withPropertyValues("iocp.servers.known.port=0")
                .withBean("handlers", EchoHandler.class)
                .run(context -> assertThat(context.getStartupFailure())
                        .isInstanceOfSatisfying(UnknownTargetException.class, e -> {
                            var analysis = requireNonNull(new UnknownTargetFailureAnalyzer().analyze(e));
                            assertThat(analysis.getDescription()).contains("server 'echo'", "handlers.echo");
                            assertThat(analysis.getAction()).contains("iocp.servers.echo.port", "known");
                        }));
    }

    static class EchoHandler {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @Test
    void whenAHandlerNamesSeveralServersThenItIsAHandlerOfEach() {
        application
                .withPropertyValues(
                        "iocp.servers.one.port=0",
                        "iocp.servers.one.address=127.0.0.1",
                        "iocp.servers.two.port=0",
                        "iocp.servers.two.address=127.0.0.1",
                        "second=two")
                .withBean("handlers", EchoOfTwoHandler.class)
                .run(context -> {
                    TcpServers servers = context.getBean(TcpServers.class);
                    for (String name : List.of("one", "two")) {
                        TcpServer server = requireNonNull(servers.server(name));
                        InetSocketAddress address = requireNonNull(server.localAddress());
                        try (Socket client = new Socket(address.getAddress(), address.getPort())) {
                            client.getOutputStream().write('!');
                            assertThat(client.getInputStream().read()).as(name).isEqualTo('!');
                        }
                    }
                });
    }

    static class EchoOfTwoHandler {
        @IoCompletionHandler(server = {"one", "${second}"})
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @Test
    void whenAServerIsDisabledThenItIsNotStartedAndItsHandlersMayStay() {
        application
                .withPropertyValues("iocp.servers.echo.enabled=false")
                .withBean("handlers", EchoHandler.class)
                .run(context ->
                        assertThat(context.getBean(TcpServers.class).servers()).isEmpty());
    }

    @Test
    void whenTwoHandlersClaimTheSameThenStartFailsAndTheAnalysisNamesThem() {
        application
                .withPropertyValues("iocp.servers.echo.port=0")
                .withBean("one", EchoHandler.class)
                .withBean("two", EchoHandler.class)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOfSatisfying(
                                DuplicateHandlerException.class,
                                e -> assertThat(requireNonNull(new DuplicateHandlerFailureAnalyzer().analyze(e))
                                                .getDescription())
                                        .contains("one.echo", "two.echo", "RECEIVE", "server 'echo'")));
    }

    @Test
    void whenTheDeadlineIsNotBelowThePhaseTimeoutThenStartFails() {
        application
                .withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=10s", "iocp.shutdown.deadline=10s")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                        .hasMessageContaining("iocp.shutdown.deadline"));
    }

    @Test
    void whenNoDeadlineIsSetThenItIsBelowThePhaseTimeout() {
        application.run(context ->
                assertThat(context.getBean(GracefulShutdown.class).deadline()).isEqualTo(Duration.ofSeconds(20)));
        application
                .withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=3s")
                .run(context -> assertThat(
                                context.getBean(GracefulShutdown.class).deadline())
                        .isEqualTo(Duration.ofSeconds(2)));
    }

    @Test
    void whenAPacketIsPostedToAChannelThenItsHandlerGetsTheAttachment() {
        application.withBean(Jobs.class).run(context -> {
            context.getBean(CompletionPort.class).post("jobs", new Job("one"));
            context.getBean(CompletionPort.class).post(42, "two");
            Jobs jobs = context.getBean(Jobs.class);
            assertThat(jobs.taken.poll(10, TimeUnit.SECONDS)).isEqualTo("job one");
            assertThat(jobs.taken.poll(10, TimeUnit.SECONDS)).isEqualTo("42 two");
        });
    }

    record Job(String name) {}

    @IoCompletionHandler(kinds = OperationKind.POST)
    static class Jobs {
        final BlockingQueue<String> taken = new LinkedBlockingQueue<>();

        @IoCompletionHandler(channel = "${jobs.channel:jobs}")
        void job(Job job) {
            taken.add("job " + job.name());
        }

        @IoCompletionHandler
        void other(@CompletionKey Object key, @Attachment String attachment) {
            taken.add(key + " " + attachment);
        }
    }

    @Test
    void whenInitializationIsLazyThenHandlersAreThereAllTheSame() {
        application
                .withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .withBean(Jobs.class)
                .run(context -> assertThat(
                                context.getBean(HandlerRegistry.class).handlers())
                        .hasSize(2));
    }
}
