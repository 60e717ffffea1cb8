package io.iocp.benchmarks.posts;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.NeedsCondition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever is measured runs what is posted, each post once: the load itself counts both and fails if they differ. */
class PostboxTest {
    @ParameterizedTest
    @EnumSource(Postbox.Kind.class)
    void runsEachPostOnce(Postbox.Kind kind) throws Exception {
        if (kind == Postbox.Kind.PORT) {
            NeedsCondition.require("io_uring");
        }
        try (Postbox box = kind.open()) {
            PostsSample flood = new PostsLoad(4, 3, 0, 50).run(box);
            PostsSample paced = new PostsLoad(2, 64, 2000, 50).run(box);
            assertThat(flood.posts()).isPositive();
            assertThat(paced.p99Nanos())
                    .isGreaterThanOrEqualTo(paced.p50Nanos())
                    .isPositive();
        }
    }
}
