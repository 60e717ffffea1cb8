package io.iocp.demo.kv;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A hash table that can be scanned a few buckets at a time while it changes.
 *
 * <p>The scan is the one of Redis: the cursor counts the buckets with its bits reversed, so that a table that doubled
 * or halved meanwhile has, at every cursor, the same keys behind it and the same keys still to come. Hence every
 * entry that is present from the beginning to the end of a scan is visited at least once; none is kept in between.
 *
 * <p>Thread: whoever holds the lock of the stripe.
 */
final class Dictionary {

    private static final int SMALLEST = 4;
    /** The stripe takes the upper six bits of the hash, which leaves these for buckets. */
    private static final int LARGEST = 1 << 26;

    private @Nullable Entry[] buckets = new Entry[SMALLEST];
    private int size;

    int size() {
        return size;
    }

    @Nullable
    Entry find(Bytes key) {
        Entry entry = buckets[bucket(key)];
        while (entry != null && !entry.key.equals(key)) {
            entry = entry.next;
        }
        return entry;
    }

    /** Adds a key that is not there yet. */
    Entry add(Bytes key, Value value) {
        if (size >= buckets.length && buckets.length < LARGEST) {
            resize(buckets.length * 2);
        }
        int bucket = bucket(key);
        Entry added = new Entry(key, value, buckets[bucket]);
        buckets[bucket] = added;
        size++;
        return added;
    }

    /** Removes an entry that is there. */
    void remove(Entry gone) {
        int bucket = bucket(gone.key);
        Entry before = null;
        Entry entry = buckets[bucket];
        while (entry != gone) {
            if (entry == null) {
                throw new IllegalArgumentException("no such entry: " + gone.key);
            }
            before = entry;
            entry = entry.next;
        }
        if (before == null) {
            buckets[bucket] = gone.next;
        } else {
            before.next = gone.next;
        }
        size--;
        if (buckets.length > SMALLEST && size < buckets.length / 8) {
            resize(buckets.length / 4);
        }
    }

    void clear() {
        buckets = new Entry[SMALLEST];
        size = 0;
    }

    void forEach(Consumer<Entry> visitor) {
        for (Entry first : buckets) {
            visit(first, visitor);
        }
    }

    /**
     * Visits the bucket at this cursor, whatever number that is.
     *
     * @return the cursor of the next bucket, 0 after the last one
     */
    int scan(int cursor, Consumer<Entry> visitor) {
        int mask = buckets.length - 1;
        visit(buckets[cursor & mask], visitor);
        // Ones in the upper bits make the reversed increment carry into the bits of the mask.
        return Integer.reverse(Integer.reverse(cursor | ~mask) + 1);
    }

    private static void visit(@Nullable Entry first, Consumer<Entry> visitor) {
        for (Entry entry = first; entry != null; entry = entry.next) {
            visitor.accept(entry);
        }
    }

    private int bucket(Bytes key) {
        return key.hashCode() & (buckets.length - 1);
    }

    private void resize(int capacity) {
        @Nullable Entry[] old = buckets;
        buckets = new Entry[Math.max(SMALLEST, capacity)];
        for (Entry first : old) {
            Entry entry = first;
            while (entry != null) {
                Entry following = entry.next;
                int bucket = bucket(entry.key);
                entry.next = buckets[bucket];
                buckets[bucket] = entry;
                entry = following;
            }
        }
    }
}
