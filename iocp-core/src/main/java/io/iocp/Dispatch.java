package io.iocp;

import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.Operation;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Post;
import io.iocp.operation.Status;
import io.iocp.port.PacketRunner;
import io.iocp.port.WorkerClock;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes a ready packet to its handler: the handle's own, else the port's. What a handler throws ends here.
 *
 * <p>Thread: workers.
 *
 * <p>Next: {@link CompletionHandler#completed}.
 */
final class Dispatch implements PacketRunner {
    private static final Logger LOG = System.getLogger(CompletionPort.class.getName());

    /** Keys of unclaimed packets that were logged already; at most this many are remembered. */
    private static final int MOST_LOGGED_KEYS = 100;

    private final FailureLog failures = new FailureLog(LOG);
    private final CompletionPort port;
    private final CompletionHandler futures = new FutureDelivery();
    private final @Nullable CompletionHandler portHandler;
    private final @Nullable PortListener listener;
    private final Set<String> unclaimedKeys = ConcurrentHashMap.newKeySet();

    /** Handlers that have taught the port that they block; null if it does not learn. */
    private final @Nullable BlockingHandlers learned;

    Dispatch(
            CompletionPort port,
            @Nullable CompletionHandler portHandler,
            @Nullable PortListener listener,
            BlockingDetection detection) {
        this.port = port;
        this.portHandler = portHandler;
        this.listener = listener;
        this.learned = detection == BlockingDetection.LEARN ? new BlockingHandlers() : null;
    }

    @Override
    public boolean run(Operation operation, WorkerClock clock) {
        if (operation instanceof BufferRelease buffer) {
            clock.forget();
            return tell(buffer);
        }
        OverlappedIO packet = (OverlappedIO) operation.packet();
        Connection accepted = operation instanceof Accept ? packet.acceptedOrNull() : null;
        CompletionHandler handler = handlerOf(packet);
        boolean fine =
                listener == null ? run(packet, handler) : runObserved(packet, operation, handler, listener, clock);
        if (!fine && accepted != null) {
            // Nobody else knows of it.
            accepted.closeUnlessAssociated();
        }
        return fine;
    }

    private boolean tell(BufferRelease buffer) {
        try {
            buffer.tell();
            return true;
        } catch (Throwable failure) {
            LOG.log(Level.ERROR, "onBufferReleased of a send failed on port '" + port.name() + "'", failure);
            if (listener != null && buffer.packet() instanceof Handle handle) {
                CompletionHandler told = packet -> buffer.tell();
                tell(() -> listener.handlerFailed(told, OperationKind.SEND, handle.key(), failure));
            }
            return false;
        }
    }

    private boolean run(OverlappedIO packet, CompletionHandler handler) {
        try {
            handler.completed(packet);
            return true;
        } catch (Throwable failure) {
            // User code may throw anything, and the worker must live. Nothing of the packet may be read any more.
            failures.log("handler failed on port '" + port.name() + "'", failure);
            return false;
        }
    }

    private boolean runObserved(
            OverlappedIO packet,
            Operation operation,
            CompletionHandler handler,
            PortListener observer,
            WorkerClock clock) {
        OperationKind kind = operation.kind();
        Status status = operation.status;
        Object key = packet.key();
        long begin = clock.begin();
        // What became ready while the packet before it ran did not wait yet when that began.
        long waited = operation.readyNanos == 0 ? 0 : Math.max(0, begin - operation.readyNanos);
        boolean fine = true;
        try {
            handler.completed(packet);
        } catch (Throwable failure) {
            fine = false;
            failures.log("handler for key " + key + " failed on port '" + port.name() + "'", failure);
            tell(() -> observer.handlerFailed(handler, kind, key, failure));
        }
        try {
            observer.handled(handler, kind, status, key, waited, clock.end() - begin);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "a listener of port '" + port.name() + "' failed", e);
        }
        return fine;
    }

    /** Makes the public object of what the engine accepted. */
    @Override
    public void prepare(Operation operation) {
        if (operation instanceof Accept accept) {
            Endpoint endpoint = accept.accepted;
            accept.accepted = null;
            OverlappedIO packet = (OverlappedIO) operation.packet();
            packet.accepted(endpoint == null ? null : port.connectionOf(endpoint));
        }
    }

    private CompletionHandler handlerOf(OverlappedIO packet) {
        if (packet.hasFuture()) {
            return futures;
        }
        Handle handle = packet.handle();
        CompletionHandler own = handle == null ? null : handle.handler();
        if (own != null) {
            return own;
        }
        return portHandler != null ? portHandler : this::unclaimed;
    }

    /** Nobody wants it: its connection is of no use to anybody. */
    private void unclaimed(OverlappedIO packet) {
        Object key = packet.key();
        OperationKind kind = packet.kind();
        if (unclaimedKeys.size() < MOST_LOGGED_KEYS && unclaimedKeys.add(String.valueOf(key))) {
            LOG.log(
                    Level.WARNING,
                    "port ''{0}'': no handler for {1} with key {2}; such packets are dropped and their connections closed",
                    port.name(),
                    kind,
                    key);
        }
        if (listener != null) {
            tell(() -> listener.unclaimed(kind, key));
        }
        if (packet.handle() instanceof Connection connection) {
            connection.close();
        } else if (kind == OperationKind.ACCEPT && packet.status() == Status.OK) {
            packet.accepted().close();
        }
    }

    @Override
    public boolean isBlocking(Operation operation) {
        OverlappedIO packet = (OverlappedIO) operation.packet();
        try {
            CompletionHandler handler = handlerOf(packet);
            return handler.blocks(packet)
                    || (learned != null
                            && !learned.isEmpty()
                            && learned.blocks(packet.kind(), handler.identity(packet.kind(), packet.key())));
        } catch (Throwable failure) {
            LOG.log(Level.ERROR, "a handler of port '" + port.name() + "' failed to say whether it blocks", failure);
            return false;
        }
    }

    @Override
    public void handedOver(
            int shard, Operation operation, @Nullable Endpoint endpoint, HandOverCause cause, long handlerNanos) {
        OperationKind kind = operation.kind();
        Handle handle = endpoint != null && endpoint.handle instanceof Handle h ? h : null;
        CompletionHandler own = handle == null ? null : handle.handler();
        CompletionHandler handler = own != null ? own : portHandler;
        if (handler == null) {
            return; // the packet that nobody claims: it does not block
        }
        tell(() -> {
            Object key = handle != null ? handle.key() : ((OverlappedIO) operation.packet()).key();
            Object identity = handler.identity(kind, key);
            if (listener != null) {
                listener.handedOver(new HandOver(shard, cause, identity.toString(), handlerNanos));
            }
            if (learned != null && cause == HandOverCause.ASLEEP && learned.found(kind, identity)) {
                LOG.log(
                        Level.WARNING,
                        "port ''{0}'': handler {1} blocks and does not say so; from now on its packets of kind {2} run on"
                                + " spare workers, as if it did (see CompletionHandler.blocks)",
                        port.name(),
                        identity,
                        kind);
                if (listener != null) {
                    listener.learnedBlocking(identity.toString());
                }
            }
        });
    }

    @Override
    public void allBlocked(int workers) {
        if (listener != null) {
            tell(() -> listener.allWorkersBlocked(workers));
        }
    }

    /** Names of the handlers that have taught the port that they block. */
    List<String> learnedHandlers() {
        return learned == null ? List.of() : learned.names();
    }

    @Override
    public @Nullable Post closed(Endpoint endpoint, boolean delivers) {
        if (!(endpoint.handle instanceof Handle handle)) {
            return null;
        }
        CompletionHandler own = handle.handler();
        CompletionHandler handler = own != null ? own : portHandler;
        if (handler != null) {
            tell(() -> handler.closed(handle, endpoint.closeStatus));
        }
        if (listener != null && handle instanceof Connection) {
            Object key = handle.key();
            tell(() -> listener.connectionClosed(key, endpoint.closeStatus));
        }
        return handler == null || !delivers ? null : last(endpoint, handle, handler);
    }

    private @Nullable Post last(Endpoint endpoint, Handle handle, CompletionHandler handler) {
        try {
            OverlappedIO packet = handler.lastPacket(handle);
            if (packet == null) {
                return null;
            }
            packet.checkPort("the last packet of a handle is a post");
            Post operation = packet.post();
            packet.begin(operation, handle, endpoint);
            operation.bytes = 0;
            operation.status = endpoint.closeStatus;
            return operation;
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "a handler of port '" + port.name() + "' failed to give its last packet", e);
            return null;
        }
    }

    /** What goes with a packet that is being posted. Thread: the poster's. */
    @Nullable
    Object contextOf(@Nullable Object key) {
        if (listener == null) {
            return null;
        }
        try {
            return listener.posting(key);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "a listener of port '" + port.name() + "' failed", e);
            return null;
        }
    }

    /** Calls a listener; what it throws ends here. */
    void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "somebody who was told of port '" + port.name() + "' failed", e);
        }
    }
}
