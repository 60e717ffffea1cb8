package io.iocp.demo.kv;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Brings received bytes to a session as its server does: one command after the other, and none while the session is not ready or
 * its replies are held.
 */
final class Feed {
    private final KvSession session;
    private final RespDecoder decoder = new RespDecoder();
    private final Queue<Request> waiting = new ArrayDeque<>();
    private boolean open = true;

    Feed(KvSession session) {
        this.session = session;
    }

    /** Everything is consumed. Returns whether the connection goes on. */
    boolean received(ByteBuffer data, RespWriter out) {
        boolean held = session.heldUntil() != 0;
        for (Request next = decode(data); next != null; next = decode(data)) {
            waiting.add(next);
        }
        return held ? open : run(out);
    }

    private @Nullable Request decode(ByteBuffer data) {
        return data.hasRemaining() ? decoder.decode(data) : null;
    }

    /** Goes on after replies were sent or released. */
    boolean resume(RespWriter out) {
        return session.heldUntil() != 0 ? open : run(out);
    }

    private boolean run(RespWriter out) {
        session.came();
        long bytes = 0;
        int before = out.length();
        while (open && !waiting.isEmpty() && session.isReady(out)) {
            Request next = requireNonNull(waiting.remove());
            bytes += next.bytes();
            open = session.run(next, out);
        }
        session.ran(bytes, out.length() - before);
        if (!open) {
            waiting.clear();
        }
        return open;
    }

    /** Whether commands wait. */
    boolean paused() {
        return !waiting.isEmpty();
    }
}
