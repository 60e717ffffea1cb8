package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionHandler;
import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A handler that writes down what it gets, for a test that waits for it. */
final class Packets implements CompletionHandler {

    /** A packet as it was when it was delivered, with a copy of its bytes, one character each. */
    record Packet(
            OverlappedIO io,
            OperationKind kind,
            Status status,
            long bytes,
            int nativeError,
            @Nullable Object key,
            @Nullable Object attachment,
            long sequence,
            boolean more,
            String text,
            @Nullable Connection accepted) {

        static Packet of(OverlappedIO io) {
            ByteBuffer view = io.data();
            byte[] copy = new byte[view.remaining()];
            view.get(copy);
            return new Packet(
                    io,
                    io.kind(),
                    io.status(),
                    io.bytesTransferred(),
                    io.nativeError(),
                    io.key(),
                    io.attachment(),
                    io.sequence(),
                    io.more(),
                    new String(copy, StandardCharsets.ISO_8859_1),
                    io.kind() == OperationKind.ACCEPT && io.status() == Status.OK ? io.accepted() : null);
        }

        @Override
        public String toString() {
            return kind + " " + status + " " + bytes + " bytes, sequence " + sequence + (more ? ", more" : "");
        }
    }

    private final List<Packet> all = new ArrayList<>();
    private int read;

    @Override
    public synchronized void completed(OverlappedIO io) {
        all.add(Packet.of(io));
        notifyAll();
    }

    /** The next packet that this method has not returned yet. */
    synchronized Packet next() throws InterruptedException {
        awaitThat(packets -> packets.size() > read);
        return all.get(read++);
    }

    /** The next packets that {@link #next()} has not returned yet. */
    List<Packet> next(int count) throws InterruptedException {
        List<Packet> result = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            result.add(next());
        }
        return result;
    }

    /** Waits until the packets that have come are as wanted. */
    synchronized void awaitThat(Predicate<List<Packet>> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + PortFixture.DEADLINE.toNanos();
        while (!wanted.test(all)) {
            long left = deadline - System.nanoTime();
            assertThat(left)
                    .as("the awaited packets did not come; there were %s", all)
                    .isPositive();
            wait(Math.max(1, left / 1_000_000));
        }
    }

    synchronized List<Packet> all() {
        return List.copyOf(all);
    }

    synchronized int size() {
        return all.size();
    }
}
