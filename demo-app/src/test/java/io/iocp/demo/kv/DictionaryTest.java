package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DictionaryTest {

    private static final long SEED = Long.getLong("iocp.seed", 20_26L);

    private final Dictionary dictionary = new Dictionary();

    @Test
    void shouldBehaveLikeAMapWhileItGrowsAndShrinks() {
        Map<Bytes, Value> model = new HashMap<>();
        Random random = new Random(SEED);
        for (int step = 0; step < 60_000; step++) {
            // Mostly additions first, mostly removals later, so that the table passes through all its sizes.
            Bytes key = Bytes.of("key" + random.nextInt(5_000));
            boolean adding = random.nextInt(60_000) > step;
            Entry entry = dictionary.find(key);
            assertThat(entry == null ? null : entry.value).isSameAs(model.get(key));
            if (adding && entry == null) {
                Value value = new HashValue();
                dictionary.add(key, value);
                model.put(key, value);
            } else if (!adding && entry != null) {
                dictionary.remove(entry);
                model.remove(key);
            }
            assertThat(dictionary.size()).isEqualTo(model.size());
        }
        Set<Bytes> visited = new HashSet<>();
        dictionary.forEach(entry -> assertThat(visited.add(entry.key)).isTrue());
        assertThat(visited).isEqualTo(model.keySet());
    }

    @Test
    void shouldVisitEveryEntryOnceWhenNothingChanges() {
        for (int number = 0; number < 1_000; number++) {
            dictionary.add(Bytes.of("key" + number), new HashValue());
        }
        List<Bytes> visited = new ArrayList<>();
        int cursor = 0;
        do {
            cursor = dictionary.scan(cursor, entry -> visited.add(entry.key));
        } while (cursor != 0);

        assertThat(visited).hasSize(1_000).doesNotHaveDuplicates();
    }

    @Test
    void shouldVisitWhateverIsPresentDuringTheWholeScanWhileTheTableGrowsAndShrinks() {
        Random random = new Random(SEED);
        for (int round = 0; round < 200; round++) {
            Dictionary table = new Dictionary();
            Set<Bytes> staying = new HashSet<>();
            List<Bytes> passing = new ArrayList<>();
            for (int number = random.nextInt(1, 60); number > 0; number--) {
                Bytes key = Bytes.of("stay" + number);
                table.add(key, new HashValue());
                staying.add(key);
            }
            Set<Bytes> visited = new HashSet<>();
            int cursor = 0;
            int fresh = 0;
            do {
                cursor = table.scan(cursor, entry -> visited.add(entry.key));
                if (passing.isEmpty() && random.nextInt(3) == 0) {
                    for (int added = random.nextInt(2_000); added > 0; added--) {
                        Bytes key = Bytes.of("pass" + fresh++);
                        table.add(key, new HashValue());
                        passing.add(key);
                    }
                } else if (random.nextInt(3) == 0) {
                    passing.forEach(key -> table.remove(Objects.requireNonNull(table.find(key))));
                    passing.clear();
                }
            } while (cursor != 0);

            assertThat(visited).as("round %d, seed %d", round, SEED).containsAll(staying);
        }
    }

    @Test
    void shouldTakeAnyNumberForACursor() {
        dictionary.add(Bytes.of("key"), new HashValue());
        Random random = new Random(SEED);
        for (int round = 0; round < 1_000; round++) {
            int cursor = random.nextInt();
            int steps = 0;
            do {
                cursor = dictionary.scan(cursor, entry -> {});
                steps++;
            } while (cursor != 0);
            assertThat(steps).isLessThanOrEqualTo(4);
        }
    }
}
