package io.iocp.spring.handler;

import static io.iocp.spring.handler.HandlerApplication.connect;
import static io.iocp.spring.handler.HandlerApplication.read;
import static io.iocp.spring.handler.HandlerApplication.send;
import static io.iocp.spring.handler.HandlerApplication.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.OnClosed;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Every handler on a virtual thread, and all the same one packet of a connection at a time, in order. */
class VirtualThreadsTest {
    private static final int CONNECTIONS = 50;
    private static final int LINES = 40;

    static class Handlers {
        final Set<String> platform = ConcurrentHashMap.newKeySet();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final AtomicInteger posts = new AtomicInteger();

        private void check(String what) {
            if (!Thread.currentThread().isVirtual()) {
                platform.add(what);
            }
        }

        @IoCompletionHandler(server = "lines", kinds = OperationKind.ACCEPT)
        Object accepted() {
            return new AtomicBoolean();
        }

        @IoCompletionHandler(server = "lines")
        String line(String line, AtomicBoolean busy) throws InterruptedException {
            check("line");
            if (!busy.compareAndSet(false, true)) {
                throw new IllegalStateException("two packets of one connection at once");
            }
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
            running.decrementAndGet();
            busy.set(false);
            return line + ";";
        }

        @OnClosed(server = "lines")
        void closed() {
            check("closed");
            closed.incrementAndGet();
        }

        @IoCompletionHandler(channel = "jobs")
        void job() {
            check("job");
            posts.incrementAndGet();
        }
    }

    @EachEngine
    void shouldRunThemInOrder(EngineChoice engine) {
        with(engine, Handlers.class)
                .withPropertyValues("iocp.handler.virtual-threads=true")
                .run(context -> {
                    Handlers handlers = context.getBean(Handlers.class);
                    List<Socket> sockets = new ArrayList<>();
                    StringBuilder lines = new StringBuilder();
                    StringBuilder expected = new StringBuilder();
                    for (int i = 0; i < LINES; i++) {
                        lines.append(i).append('\n');
                        expected.append(i).append(';');
                    }
                    for (int i = 0; i < CONNECTIONS; i++) {
                        sockets.add(connect(context, "lines"));
                    }
                    for (Socket socket : sockets) {
                        send(socket, lines.toString());
                    }
                    for (Socket socket : sockets) {
                        assertThat(read(socket, expected.toString())).isEqualTo(expected.toString());
                        socket.close();
                    }
                    context.getBean(CompletionPort.class).post("jobs", null);
                    await().untilAtomic(handlers.closed, org.hamcrest.Matchers.is(CONNECTIONS));
                    await().untilAtomic(handlers.posts, org.hamcrest.Matchers.is(1));
                    assertThat(handlers.platform).isEmpty();
                    assertThat(handlers.most.get()).isGreaterThan(4); // more than there are workers
                });
    }

    @Test
    void shouldFollowBootsKey() {
        with(EngineChoice.NIO, Handlers.class)
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .run(context -> {
                    assertThat(context.getBean(HandlerRegistry.class).handlers())
                            .allMatch(HandlerEndpoint::blocking);
                    assertThat(context.getBean(CompletionPort.class).options().virtualThreads())
                            .isEqualTo(10_000);
                });
        with(EngineChoice.NIO, Handlers.class)
                .withPropertyValues(
                        "spring.threads.virtual.enabled=true",
                        "iocp.handler.virtual-threads=false",
                        "iocp.workers.virtual-threads=3")
                .run(context -> {
                    assertThat(context.getBean(HandlerRegistry.class).handlers())
                            .noneMatch(HandlerEndpoint::blocking);
                    assertThat(context.getBean(CompletionPort.class).options().virtualThreads())
                            .isEqualTo(3);
                });
    }
}
