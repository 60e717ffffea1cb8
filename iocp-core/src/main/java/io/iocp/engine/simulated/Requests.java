package io.iocp.engine.simulated;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slots of the requests that a loop's simulated kernel has. A slot that is free again gets the next generation, so that a
 * completion of an earlier request in it is recognised. Thread: shard holder.
 */
class Requests {
    private final List<@Nullable Request> slots = new ArrayList<>();
    private final List<Integer> generations = new ArrayList<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();

    void add(Request request) {
        Integer reused = free.poll();
        int slot = reused == null ? slots.size() : reused;
        if (reused == null) {
            slots.add(null);
            generations.add(0);
        }
        slots.set(slot, request);
        request.userData = (long) slot << 32 | generations.get(slot);
    }

    void remove(Request request) {
        int slot = slotOf(request.userData);
        slots.set(slot, null);
        generations.set(slot, generations.get(slot) + 1);
        free.addFirst(slot);
    }

    /** The request of this slot and generation; null if it has ended. */
    @Nullable
    Request find(long userData) {
        Request request = inSlot(userData);
        return request != null && request.userData == userData ? request : null;
    }

    /** Whatever is in the slot now. */
    final @Nullable Request inSlot(long userData) {
        return slots.get(slotOf(userData));
    }

    private static int slotOf(long userData) {
        return (int) (userData >>> 32);
    }
}
