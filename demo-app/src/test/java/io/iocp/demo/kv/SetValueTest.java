package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SetValueTest {

    private static final long SEED = Long.getLong("iocp.seed", 20_26L);

    @Test
    void shouldBehaveLikeASetWithRandomRemovals() {
        SetValue set = new SetValue();
        Set<Bytes> model = new HashSet<>();
        Random random = new Random(SEED);
        for (int step = 0; step < 20_000; step++) {
            Bytes member = Bytes.of("m" + random.nextInt(300));
            switch (random.nextInt(5)) {
                case 0, 1 -> assertThat(set.add(member)).isEqualTo(model.add(member));
                case 2 -> assertThat(set.remove(member)).isEqualTo(model.remove(member));
                case 3 -> assertThat(set.contains(member)).isEqualTo(model.contains(member));
                default -> {
                    int count = Math.min(random.nextInt(4), set.size());
                    List<Bytes> chosen = List.copyOf(set.moveToEnd(count, random));
                    assertThat(model).containsAll(chosen);
                    set.removeFromEnd(count);
                    chosen.forEach(model::remove);
                }
            }
            assertThat(set.size()).isEqualTo(model.size());
        }
        assertThat(set.members()).containsExactlyInAnyOrderElementsOf(model);
    }

    @Test
    void shouldChooseEveryMemberAboutAsOften() {
        SplittableRandom random = new SplittableRandom(SEED);
        int[] chosen = new int[4];
        for (int round = 0; round < 8_000; round++) {
            SetValue set = new SetValue();
            for (int member = 0; member < chosen.length; member++) {
                set.add(Bytes.of(Integer.toString(member)));
            }
            Bytes any = set.moveToEnd(1, random).getFirst();
            chosen[Integer.parseInt(any.toString())]++;
        }
        for (int times : chosen) {
            assertThat(times).isBetween(1_700, 2_300);
        }
    }
}
