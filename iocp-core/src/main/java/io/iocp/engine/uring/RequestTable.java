package io.iocp.engine.uring;

import io.iocp.operation.Operation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Every request that is in flight, by slot. What the kernel holds stays reachable from here until its last completion.
 *
 * <p>Grows with the operations in flight, whose number the shard's admission bounds, and never shrinks. Thread: shard holder.
 */
final class RequestTable {
    private @Nullable Request[] requests = new Request[64];

    /** The slots that are unused, linked by {@link Request#next}. */
    @Nullable
    private Request free;

    private int used;
    private int freeCount;

    /** A slot for an operation that begins. */
    Request begin(Operation operation, UringEndpoint endpoint) {
        Request request = free;
        if (request == null) {
            request = grow();
        } else {
            free = request.next;
            request.next = null;
            freeCount--;
        }
        request.begin(operation, endpoint);
        return request;
    }

    private Request grow() {
        if (used == requests.length) {
            requests = Arrays.copyOf(requests, used * 2);
        }
        assert used < UserData.MOST_SLOTS : "more operations in flight than there are slots";
        Request request = new Request(used);
        requests[used++] = request;
        return request;
    }

    /** The live request that has this user_data; null if its slot is free or serves another operation by now. */
    @Nullable
    Request find(long userData) {
        int slot = UserData.slot(userData);
        if (slot < 0 || slot >= used) {
            return null;
        }
        Request request = requests[slot];
        return request != null
                        && request.generation() == UserData.generation(userData)
                        && request.place() != Request.Place.FREE
                ? request
                : null;
    }

    /** Slots that were ever used. */
    int slots() {
        return used;
    }

    /** The request of a slot; null if its slot is free. */
    @Nullable
    Request inSlot(int slot) {
        Request request = requests[slot];
        return request != null && request.place() != Request.Place.FREE ? request : null;
    }

    void end(Request request) {
        request.end();
        request.next = free;
        free = request;
        freeCount++;
    }

    int inFlight() {
        return used - freeCount;
    }
}
