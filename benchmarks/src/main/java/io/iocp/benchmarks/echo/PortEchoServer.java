package io.iocp.benchmarks.echo;

import io.iocp.BlockingDetection;
import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EngineChoice;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.PortStats;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The completion port's echo server. */
public final class PortEchoServer {
    private final CompletionPort port;
    private final Declared declared;
    private final boolean marks;
    private final Duration nap;

    /** Which packets the handler says that it blocks with. */
    private enum Declared {
        /** Every one, as {@code @IoCompletionHandler(blocking = true)} does. */
        ALL,
        /** Those that are going to sleep, which a protocol may be able to tell. */
        SLEEPERS,
        NONE
    }

    private PortEchoServer(PortOptions options, boolean marks, Declared declared, Duration nap) throws IOException {
        this.marks = marks;
        this.declared = declared;
        this.nap = nap;
        this.port = CompletionPort.openWithHandlersOfHandles(options);
    }

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        PortOptions options = PortOptions.defaults()
                .name("echo")
                .engine(EngineChoice.valueOf(given.text("engine", "io_uring").toUpperCase(Locale.ROOT)))
                .concurrency(given.number("concurrency", 2))
                .maxWorkers(given.number("threads", 64))
                .virtualThreads(given.number("virtual-threads", 0))
                .blockingDetection(BlockingDetection.valueOf(given.text("detection", "learn")
                        .toUpperCase(Locale.ROOT)
                        .replace('-', '_')))
                .receiveBuffers(
                        given.number("receive-buffers", PortOptions.defaults().receiveBuffers()))
                .readyBudget(given.number("budget", PortOptions.defaults().readyBudget()))
                .submissionEntries(
                        given.number("submissions", PortOptions.defaults().submissionEntries()))
                .closeHandles(true);
        Declared declared = Declared.valueOf(given.text("blocking", "none").toUpperCase(Locale.ROOT));
        Duration nap = Duration.ofMillis(given.number("nap", 20));
        boolean marks = Boolean.parseBoolean(given.text("marks", "true"));
        given.done();
        new PortEchoServer(options, marks, declared, nap).serve();
    }

    private void serve() throws IOException {
        try (port) {
            Listener listener = port.openListener(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ListenOptions.defaults());
            port.associate(listener, null, this::accepted);
            listener.acceptContinuously(new OverlappedIO());
            Console.serve(((InetSocketAddress) listener.localAddress()).getPort(), this::figures);
        }
    }

    private void accepted(OverlappedIO packet) throws ClosedChannelException {
        if (packet.status() == Status.OK) {
            Connection connection = packet.accepted();
            port.associate(connection, null, marks ? new SleepyEcho() : new Echo());
            connection.receiveContinuously(new OverlappedIO());
        }
    }

    private String figures() {
        PortStats stats = port.stats();
        return "engine=" + port.engine().engine() + " handOvers=" + stats.handOvers() + " allBlocked="
                + stats.allBlocked() + " learned=" + stats.learnedHandlers().size() + " workers=" + stats.workers();
    }

    /** Packets to send with that no connection of a worker needs now; the attachment of each is the next. */
    private static final class Spares {
        private static final ThreadLocal<Spares> OF_WORKER = ThreadLocal.withInitial(Spares::new);
        private static final int MOST = 1024;

        private @Nullable OverlappedIO first;
        private int count;

        OverlappedIO take() {
            OverlappedIO taken = first;
            if (taken == null) {
                return new OverlappedIO();
            }
            first = (OverlappedIO) taken.attachment();
            count--;
            return taken;
        }

        void keep(OverlappedIO packet) {
            if (count < MOST) {
                packet.attachment(first);
                first = packet;
                count++;
            }
        }
    }

    /** One connection, whose bytes nobody looks at. */
    private static class Echo implements CompletionHandler {
        @Override
        public final void completed(OverlappedIO packet) throws Exception {
            if (packet.kind() == OperationKind.SEND) {
                Spares.OF_WORKER.get().keep(packet);
            } else if (packet.status() == Status.OK) {
                received(packet);
            } else if (!packet.more()) {
                packet.connection().close();
            }
        }

        void received(OverlappedIO packet) throws Exception {
            packet.connection().send(Spares.OF_WORKER.get().take(), packet.retain());
        }
    }

    /** One connection, whose messages say whether to sleep. */
    private final class SleepyEcho extends Echo {
        private final MessageCursor cursor = new MessageCursor();

        @Override
        void received(OverlappedIO packet) throws Exception {
            ByteBuffer data = packet.data();
            int length = data.remaining();
            for (int i = cursor.first(); i < length; i += Message.BYTES) {
                if (data.get(i) == Message.SLEEP) {
                    Thread.sleep(nap);
                }
            }
            cursor.passed(length);
            super.received(packet);
        }

        @Override
        public boolean blocks(OverlappedIO packet) {
            return switch (declared) {
                case NONE -> false;
                case ALL -> packet.kind() == OperationKind.RECEIVE;
                case SLEEPERS ->
                    packet.kind() == OperationKind.RECEIVE && packet.status() == Status.OK && isToSleep(packet.data());
            };
        }

        private boolean isToSleep(ByteBuffer data) {
            for (int i = cursor.first(); i < data.limit(); i += Message.BYTES) {
                if (data.get(i) == Message.SLEEP) {
                    return true;
                }
            }
            return false;
        }
    }
}
