package io.iocp.demo.kv;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Gives the store its log: reads it before the servers start, and closes it when they have stopped and before the port does.
 *
 * <p>Thread: any.
 */
class KvPersistence implements SmartLifecycle, AppendOnlyFile.Wakeups {

    private static final String TICK = "kv-log-tick";
    private static final String WORK = "kv-log-work";

    /** Below the time that each phase of the shutdown has. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(15);

    private final KvProperties properties;
    private final CompletionPort port;
    private final KvStore store;
    private final KvCommands commands;
    private final InstantSource clock;
    private volatile @Nullable AppendOnlyFile log;
    private volatile boolean running;

    KvPersistence(
            KvProperties properties, CompletionPort port, KvStore store, KvCommands commands, InstantSource clock) {
        this.properties = properties;
        this.port = port;
        this.store = store;
        this.commands = commands;
        this.clock = clock;
    }

    /** The log, null if there is none. */
    @Nullable
    AppendOnlyFile log() {
        return log;
    }

    @Override
    public void start() {
        String path = properties.appendOnly();
        if (path != null && !path.isBlank() && log == null) {
            try {
                open(Path.of(path).toAbsolutePath());
            } catch (UnreadableLogException corrupt) {
                throw new UncheckedIOException(corrupt);
            } catch (IOException refused) {
                throw new UncheckedIOException(
                        "append-only file " + path + " (demo.kv.append-only) cannot be used: " + refused, refused);
            }
        }
        running = true;
    }

    private void open(Path path) throws IOException {
        PortLogPlace place = new PortLogPlace(port, path);
        place.prepare();
        store.load();
        long size = LogReplay.run(path, commands);
        LateEnds ends = new LateEnds();
        AppendOnlyFile opened =
                new AppendOnlyFile(place, properties.appendFsync(), this, clock, place.open(ends), size);
        ends.to = opened;
        log = opened;
        store.loaded(opened);
    }

    /** The file is opened before the log that it belongs to is made; nothing of it ends before that. */
    private static final class LateEnds implements LogFile.Ends {
        private volatile LogFile.@Nullable Ends to;

        @Override
        public void writeEnded(LogFile file, @Nullable IOException failure) {
            LogFile.Ends known = to;
            if (known != null) {
                known.writeEnded(file, failure);
            }
        }

        @Override
        public void syncEnded(LogFile file, @Nullable IOException failure) {
            LogFile.Ends known = to;
            if (known != null) {
                known.syncEnded(file, failure);
            }
        }
    }

    @Override
    public void stop() {
        AppendOnlyFile open = log;
        if (open != null) {
            open.close(CLOSE_TIMEOUT.toMillis());
        }
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the servers, which therefore stop earlier. */
    @Override
    public int getPhase() {
        return TcpServers.START_STOP_PHASE - 1;
    }

    @Override
    public boolean isPauseable() {
        return false;
    }

    // ---- posts

    @Override
    public void tickLater() {
        try {
            port.postDelayed(new OverlappedIO(), TICK, Duration.ofSeconds(1), null);
        } catch (ClosedPortException closed) {
            // What is not synchronised by now, the close of the log has reported.
        }
    }

    @IoCompletionHandler(channel = TICK)
    void tick(Status status) {
        AppendOnlyFile open = log;
        if (open != null && status == Status.TIMER_EXPIRED) {
            open.tick();
        }
    }

    @Override
    public void workSoon() {
        try {
            port.post(WORK, null);
        } catch (ClosedPortException closed) {
            // The rewrite ends with the server; the old file stays.
        }
    }

    @IoCompletionHandler(channel = WORK, blocking = true)
    void work(Status status) {
        AppendOnlyFile open = log;
        if (open != null && status == Status.OK) {
            open.work(store);
        }
    }
}
