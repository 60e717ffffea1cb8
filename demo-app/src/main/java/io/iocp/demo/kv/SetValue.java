package io.iocp.demo.kv;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A set: its members in a row, each with its place in the row, so that a random one can be taken in constant time.
 *
 * <p>Thread: whoever holds the lock of the key's stripe.
 */
final class SetValue implements Value {

    private final List<Bytes> members = new ArrayList<>();
    private final Map<Bytes, Integer> places = new HashMap<>();

    int size() {
        return members.size();
    }

    boolean contains(Bytes member) {
        return places.containsKey(member);
    }

    boolean add(Bytes member) {
        if (places.putIfAbsent(member, members.size()) != null) {
            return false;
        }
        members.add(member);
        return true;
    }

    boolean remove(Bytes member) {
        Integer place = places.remove(member);
        if (place == null) {
            return false;
        }
        closeGap(place);
        return true;
    }

    /** Chooses members at random and moves them to the end of the row, where they still are members. */
    List<Bytes> moveToEnd(int count, RandomGenerator random) {
        int end = members.size();
        for (int chosen = 0; chosen < count; chosen++) {
            end--;
            swap(random.nextInt(end + 1), end);
        }
        return Collections.unmodifiableList(members.subList(end, members.size()));
    }

    /** Removes the members at the end of the row. */
    void removeFromEnd(int count) {
        for (int removed = 0; removed < count; removed++) {
            places.remove(members.removeLast());
        }
    }

    /** The members in no particular order; read only. */
    List<Bytes> members() {
        return Collections.unmodifiableList(members);
    }

    @Override
    public String typeName() {
        return "set";
    }

    private void swap(int one, int other) {
        if (one != other) {
            Bytes moved = members.get(one);
            members.set(one, members.get(other));
            members.set(other, moved);
            places.put(members.get(one), one);
            places.put(moved, other);
        }
    }

    /** Moves the last member to the freed place. */
    private void closeGap(int place) {
        Bytes last = members.removeLast();
        if (place < members.size()) {
            members.set(place, last);
            places.put(last, place);
        }
    }
}
