package io.iocp.spring.connection;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * How often each of a kind of reasons was the one.
 *
 * <p>Thread: any.
 */
public final class ReasonCounters<K extends Enum<K>> {
    /** Complete from the start, and never changed. */
    private final Map<K, LongAdder> counters;

    /** All of them 0. */
    public ReasonCounters(Class<K> reasons) {
        counters = new EnumMap<>(reasons);
        for (K reason : reasons.getEnumConstants()) {
            counters.put(reason, new LongAdder());
        }
    }

    public void increment(K reason) {
        of(reason).increment();
    }

    public long sum(K reason) {
        return of(reason).sum();
    }

    private LongAdder of(K reason) {
        return Objects.requireNonNull(counters.get(reason), "every reason has a counter");
    }
}
