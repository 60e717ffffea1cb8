package io.iocp.spring.handler;

import static io.iocp.spring.handler.HandlerApplication.connect;
import static io.iocp.spring.handler.HandlerApplication.read;
import static io.iocp.spring.handler.HandlerApplication.readToEnd;
import static io.iocp.spring.handler.HandlerApplication.send;
import static io.iocp.spring.handler.HandlerApplication.with;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DayOfWeek;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handlers are listed, started, stopped and registered while the application runs. */
class HandlerRegistryTest {

    static class Handlers {
        final List<String> jobs = new CopyOnWriteArrayList<>();

        @IoCompletionHandler(id = "line", server = "lines")
        String line(String line) {
            return line + ";";
        }

        @IoCompletionHandler(id = "raw", server = "raw", autoStartup = "${raw.auto:true}")
        byte[] raw(byte[] data) {
            return data;
        }

        @IoCompletionHandler(id = "job", channel = "jobs", autoStartup = "#{false}")
        void job(String job) {
            jobs.add(job);
        }
    }

    @EachEngine
    void shouldNotReadConnectionsWhileTheirHandlerIsStopped(EngineChoice engine) {
        with(engine, Handlers.class).run(context -> {
            HandlerRegistry registry = context.getBean(HandlerRegistry.class);
            for (String name : List.of("line", "raw")) {
                String server = name.equals("line") ? "lines" : "raw";
                try (Socket socket = connect(context, server);
                        Socket ending = connect(context, server)) {
                    send(socket, "a;\n");
                    String first = name.equals("line") ? "a;;" : "a;\n";
                    assertThat(read(socket, first)).isEqualTo(first);
                    registry.stop(name);
                    send(socket, "b\nc\n");
                    send(ending, "x\n");
                    ending.shutdownOutput();
                    socket.setSoTimeout(200);
                    assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
                    socket.setSoTimeout(10_000);
                    assertThat(HandlerApplication.server(context, server).connections())
                            .isEqualTo(2);
                    registry.start(name);
                    String rest = name.equals("line") ? "b;c;" : "b\nc\n";
                    assertThat(read(socket, rest)).isEqualTo(rest);
                    assertThat(readToEnd(ending)).isEqualTo(name.equals("line") ? "x;" : "x\n");
                }
            }
        });
    }

    @EachEngine
    void shouldKeepPostsForAChannelThatIsStopped(EngineChoice engine) {
        with(engine, Handlers.class).run(context -> {
            HandlerRegistry registry = context.getBean(HandlerRegistry.class);
            Handlers handlers = context.getBean(Handlers.class);
            CompletionPort port = context.getBean(CompletionPort.class);
            HandlerEndpoint job = registry.handlers("job").getFirst();
            assertThat(registry.isRunning(job)).isFalse();
            port.post("jobs", "1");
            port.post("jobs", "2");
            await().until(() -> port.queueDepth() == 0);
            assertThat(handlers.jobs).isEmpty();
            registry.start("job");
            await().until(() -> handlers.jobs.size() == 2);
            assertThat(handlers.jobs).containsExactlyInAnyOrder("1", "2");
            registry.stop("job");
            port.post("jobs", "3");
            await().until(() -> port.queueDepth() == 0);
            registry.start("job");
            await().until(() -> handlers.jobs.size() == 3);
            assertThat(registry.dispatcher("default").unclaimed()).isZero();
        });
    }

    @Test
    void shouldStartLaterIfTheHandlerSaysSo() {
        with(EngineChoice.NIO, Handlers.class)
                .withPropertyValues("raw.auto=false")
                .run(context -> {
                    HandlerRegistry registry = context.getBean(HandlerRegistry.class);
                    try (Socket socket = connect(context, "raw")) {
                        send(socket, "a");
                        registry.start("raw");
                        assertThat(read(socket, "a")).isEqualTo("a");
                    }
                });
    }

    @EachEngine
    void shouldRegisterWhatIsNoMethod(EngineChoice engine) {
        with(engine).run(context -> {
            HandlerRegistry registry = context.getBean(HandlerRegistry.class);
            AtomicInteger posts = new AtomicInteger();
            registry.register(
                    "upper",
                    new HandlerTarget.Server("raw"),
                    (exchange, packet) -> exchange == null || packet == null
                            ? null
                            : UTF_8.decode(exchange.data(packet)).toString().toUpperCase(java.util.Locale.ROOT));
            registry.register("posts", new HandlerTarget.Channel("default", 42L), (_, _) -> posts.incrementAndGet());
            try (Socket socket = connect(context, "raw")) {
                send(socket, "abc");
                assertThat(read(socket, "ABC")).isEqualTo("ABC");
            }
            CompletionPort port = context.getBean(CompletionPort.class);
            port.post(42L, null);
            await().untilAtomic(posts, org.hamcrest.Matchers.is(1));
            assertThat(registry.unregister("posts")).isTrue();
            assertThat(registry.unregister("posts")).isFalse();
            port.post(42L, null);
            await().until(() -> registry.dispatcher("default").unclaimed() == 1);
            assertThatThrownBy(() -> registry.start("posts"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("upper");
        });
    }

    static class Journal {
        final List<OperationKind> kinds = new CopyOnWriteArrayList<>();

        @IoCompletionHandler(
                channel = "#{T(java.time.DayOfWeek).MONDAY}",
                kinds = {OperationKind.FILE_WRITE, OperationKind.FILE_READ, OperationKind.POST})
        void done(OverlappedIO packet) throws Exception {
            kinds.add(packet.orThrow().kind());
        }
    }

    @EachEngine
    void shouldHandleTheFilesOfAKey(EngineChoice engine, @TempDir Path directory) {
        with(engine, Journal.class).run(context -> {
            Journal journal = context.getBean(Journal.class);
            CompletionPort port = context.getBean(CompletionPort.class);
            try (FileHandle file = port.openFile(
                    directory.resolve("journal-" + engine), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                port.associate(file, DayOfWeek.MONDAY);
                file.write(new OverlappedIO(), ByteBuffer.wrap(new byte[10]), 0);
                await().until(() -> journal.kinds.equals(List.of(OperationKind.FILE_WRITE)));
                port.post(DayOfWeek.MONDAY, null);
                await().until(() -> journal.kinds.size() == 2);
            }
        });
    }
}
