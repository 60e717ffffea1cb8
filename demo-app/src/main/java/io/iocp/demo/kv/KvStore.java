package io.iocp.demo.kv;

import java.time.InstantSource;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The data: keys with their values and deadlines, in {@value #STRIPES} stripes with a lock each.
 *
 * <p>Thread: any for public methods; all others only while {@link #lock} holds the stripes of the keys named.
 */
public final class KvStore {

    /*
     * Locks
     *
     * Commands of different connections run on several workers at once and must be atomic, those with several keys
     * too. Each command says beforehand which keys it touches; their stripes form a set of 64 bits, and a command
     * takes the locks of its set in ascending order, runs, and releases them. As everybody climbs in the same order,
     * nobody waits in a circle.
     *
     * One lock for everything would be simpler still, and right; but with pipelining a worker spends most of its time
     * inside commands, so workers would queue up behind each other and, what is worse for a completion port, block
     * while they count as running. With stripes, two single-key commands meet with a probability of 1:64, for the
     * same price: one uncontended lock per command. Commands about the whole keyspace take all 64.
     */

    static final int STRIPES = 64;
    /** The set of all stripes. */
    static final long ALL_STRIPES = -1L;

    private static final int STRIPE_BITS = 6;
    private static final byte[] DEL = {'D', 'E', 'L'};

    private final InstantSource clock;
    private final ExpiryScheduler scheduler;
    private final Stripe[] stripes = new Stripe[STRIPES];
    private volatile Journal journal = Journal.NONE;
    private volatile boolean loading;

    /** One part of the keyspace with the lock that guards all of it. */
    private static final class Stripe {
        final ReentrantLock lock = new ReentrantLock();
        final Dictionary entries = new Dictionary();
        final RandomGenerator random;
        int mortals;
        long hits;
        long misses;
        long expired;

        Stripe(RandomGenerator random) {
            this.random = random;
        }
    }

    /** What the whole store counts. */
    record Counts(long keys, long mortals, long hits, long misses, long expired) {}

    /**
     * An empty store.
     *
     * @param clock tells when keys expire; milliseconds are what it is asked for
     * @param scheduler is asked to ring when a key may have expired
     * @param seed of the choices of SPOP
     */
    public KvStore(InstantSource clock, ExpiryScheduler scheduler, long seed) {
        this.clock = clock;
        this.scheduler = scheduler;
        SplittableRandom seeds = new SplittableRandom(seed);
        for (int at = 0; at < STRIPES; at++) {
            stripes[at] = new Stripe(seeds.split());
        }
    }

    /**
     * Removes a key that has expired: what the {@link ExpiryScheduler} was asked to call.
     *
     * <p>Does nothing for a key that is gone, was written anew or got another deadline; where the key's present
     * deadline is later than the one that rang, it is scheduled in turn. (A key whose deadline is moved again and again
     * has thus one call pending, not one per move.)
     *
     * @param deadlineMillis the deadline that was scheduled
     */
    public void expireDue(Bytes key, long deadlineMillis) {
        Stripe stripe = stripe(key);
        stripe.lock.lock();
        try {
            Entry entry = stripe.entries.find(key);
            if (entry == null) {
                return;
            }
            if (entry.deadlineMillis <= expiryMillis()) {
                expire(stripe, entry);
            } else if (entry.scheduledMillis == deadlineMillis) {
                entry.scheduledMillis = Entry.NEVER;
                schedule(entry);
            }
        } finally {
            stripe.lock.unlock();
        }
    }

    /**
     * Begins to fill the store from its log. Until {@link #loaded} nothing expires: the log says itself which keys did before
     * the commands that follow. One that expired while no server ran would otherwise vanish under a command that has changed it,
     * and which would then make a key without a deadline.
     */
    void load() {
        loading = true;
    }

    /** The store is filled: from now on keys expire, and changes are recorded. */
    void loaded(Journal to) {
        lock(ALL_STRIPES);
        try {
            loading = false;
            journal = to;
            for (Stripe stripe : stripes) {
                stripe.entries.forEach(this::schedule);
            }
        } finally {
            unlock(ALL_STRIPES);
        }
    }

    Journal journal() {
        return journal;
    }

    /** Records that a command has changed what it says. */
    void changed(Invocation call) {
        call.recorded(journal.record(call.recordedKeys(), call.arguments()));
    }

    /** Records a change as another command about the same key: one that has the same effect whenever it is run. */
    void changed(Invocation call, byte[]... instead) {
        call.recorded(journal.record(Journal.Keys.ONE, instead));
    }

    /** The stripe of a key, as a set of one. */
    static long stripesOf(Bytes key) {
        return 1L << stripeIndex(key);
    }

    /** Locks a set of stripes, for {@link #unlock} to release. */
    void lock(long set) {
        for (long rest = set; rest != 0; rest &= rest - 1) {
            stripes[Long.numberOfTrailingZeros(rest)].lock.lock();
        }
    }

    void unlock(long set) {
        for (long rest = set; rest != 0; rest &= rest - 1) {
            stripes[Long.numberOfTrailingZeros(rest)].lock.unlock();
        }
    }

    long nowMillis() {
        return clock.millis();
    }

    /** The time that deadlines are compared with. */
    private long expiryMillis() {
        return loading ? Long.MIN_VALUE : clock.millis();
    }

    /** The entry of a key that exists, to change it or to look at more than its value. */
    @Nullable
    Entry find(Bytes key) {
        Stripe stripe = locked(key);
        Entry entry = stripe.entries.find(key);
        if (entry != null && entry.deadlineMillis != Entry.NEVER && entry.deadlineMillis <= expiryMillis()) {
            expire(stripe, entry);
            return null;
        }
        return entry;
    }

    /**
     * The value of a key that exists, to be changed.
     *
     * @throws CommandError if it has another type
     */
    <T extends Value> @Nullable T value(Bytes key, Class<T> type) {
        Entry entry = find(key);
        return entry == null ? null : cast(entry.value, type);
    }

    /** As {@link #value}, for a command that only reads: hits and misses are counted. */
    <T extends Value> @Nullable T read(Bytes key, Class<T> type) {
        Entry entry = find(key);
        if (entry == null) {
            stripe(key).misses++;
            return null;
        }
        stripe(key).hits++;
        return cast(entry.value, type);
    }

    static <T extends Value> T cast(Value value, Class<T> type) {
        if (!type.isInstance(value)) {
            throw CommandError.wrongType();
        }
        return type.cast(value);
    }

    /** Gives a key this value; the deadline of a key that exists stays as it is. */
    Entry put(Bytes key, Value value) {
        Entry entry = find(key);
        if (entry == null) {
            return stripe(key).entries.add(key, value);
        }
        entry.value = value;
        return entry;
    }

    /** Gives a key this value and no deadline, whatever it had before. */
    void replace(Bytes key, Value value) {
        expireAt(put(key, value), Entry.NEVER);
    }

    /**
     * Sets the deadline of an entry, or takes it away with {@link Entry#NEVER}; one that has passed removes it, which is recorded.
     *
     * @return whether the entry is still there
     */
    boolean expireAt(Entry entry, long deadlineMillis) {
        Stripe stripe = locked(entry.key);
        boolean wasMortal = entry.deadlineMillis != Entry.NEVER;
        boolean isMortal = deadlineMillis != Entry.NEVER;
        if (wasMortal != isMortal) {
            stripe.mortals += isMortal ? 1 : -1;
        }
        entry.deadlineMillis = deadlineMillis;
        if (isMortal && deadlineMillis <= expiryMillis()) {
            expire(stripe, entry);
            return false;
        }
        schedule(entry);
        return true;
    }

    boolean remove(Bytes key) {
        Entry entry = find(key);
        if (entry == null) {
            return false;
        }
        remove(stripe(key), entry);
        return true;
    }

    /** A source of random numbers, for a command about this key. */
    RandomGenerator random(Bytes key) {
        return locked(key).random;
    }

    /** Removes all keys; needs all stripes. */
    void clear() {
        for (Stripe stripe : stripes) {
            stripe.entries.clear();
            stripe.mortals = 0;
        }
    }

    /** Visits every key of one stripe, which must be locked, also those that have expired and were not removed yet. */
    void forEach(int stripe, Consumer<Entry> visitor) {
        stripes[stripe].entries.forEach(visitor);
    }

    /** Visits every key that exists; needs all stripes. The visitor must not change the store. */
    void forEach(Consumer<Entry> visitor) {
        Consumer<Entry> living = living(visitor);
        for (Stripe stripe : stripes) {
            stripe.entries.forEach(living);
        }
    }

    /**
     * Visits some keys, from the cursor on; takes the locks itself, one stripe after the other.
     *
     * @param count about how many keys to visit
     * @return the cursor to go on with, 0 at the end
     */
    long scan(long cursor, long count, Consumer<Entry> visitor) {
        long[] visited = new long[1];
        Consumer<Entry> living = living(visitor);
        Consumer<Entry> counting = entry -> {
            visited[0]++;
            living.accept(entry);
        };
        // Where most buckets are empty, their number limits the work of one call.
        long bucketsLeft = Math.max(count, Math.min(count, Long.MAX_VALUE / 10) * 10);
        int index = (int) cursor & (STRIPES - 1);
        int bucket = (int) (cursor >>> STRIPE_BITS);
        for (; index < STRIPES; index++, bucket = 0) {
            Stripe stripe = stripes[index];
            stripe.lock.lock();
            try {
                if (stripe.entries.size() == 0) {
                    continue;
                }
                do {
                    if (visited[0] >= count || bucketsLeft-- <= 0) {
                        return (Integer.toUnsignedLong(bucket) << STRIPE_BITS) | index;
                    }
                    bucket = stripe.entries.scan(bucket, counting);
                } while (bucket != 0);
            } finally {
                stripe.lock.unlock();
            }
        }
        return 0;
    }

    /** Counts everything; needs all stripes. */
    Counts counts() {
        long keys = 0;
        long mortals = 0;
        long hits = 0;
        long misses = 0;
        long expired = 0;
        for (Stripe stripe : stripes) {
            keys += stripe.entries.size();
            mortals += stripe.mortals;
            hits += stripe.hits;
            misses += stripe.misses;
            expired += stripe.expired;
        }
        return new Counts(keys, mortals, hits, misses, expired);
    }

    private Consumer<Entry> living(Consumer<Entry> visitor) {
        long now = expiryMillis();
        return entry -> {
            if (entry.deadlineMillis > now) {
                visitor.accept(entry);
            }
        };
    }

    private void schedule(Entry entry) {
        if (!loading && entry.deadlineMillis < entry.scheduledMillis) {
            entry.scheduledMillis = entry.deadlineMillis;
            scheduler.schedule(entry.key, entry.deadlineMillis);
        }
    }

    private void expire(Stripe stripe, Entry entry) {
        stripe.expired++;
        remove(stripe, entry);
        journal.record(Journal.Keys.ONE, DEL, entry.key.array());
    }

    private static void remove(Stripe stripe, Entry entry) {
        if (entry.deadlineMillis != Entry.NEVER) {
            stripe.mortals--;
        }
        stripe.entries.remove(entry);
    }

    private Stripe locked(Bytes key) {
        Stripe stripe = stripe(key);
        assert stripe.lock.isHeldByCurrentThread() : "the stripe of " + key + " is not locked";
        return stripe;
    }

    private Stripe stripe(Bytes key) {
        return stripes[stripeIndex(key)];
    }

    private static int stripeIndex(Bytes key) {
        return key.hashCode() >>> (Integer.SIZE - STRIPE_BITS);
    }
}
