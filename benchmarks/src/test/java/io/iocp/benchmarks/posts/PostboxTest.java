package io.iocp.benchmarks.posts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.EngineUnavailableException;
import io.iocp.PortOptions;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever is measured runs what is posted, each post once: the load itself counts both and fails if they differ. */
class PostboxTest {
    @ParameterizedTest
    @EnumSource(Postbox.Kind.class)
    void runsEachPostOnce(Postbox.Kind kind) throws Exception {
        assumeTrue(kind != Postbox.Kind.PORT || hasUring(), "io_uring cannot be used here");
        try (Postbox box = kind.open()) {
            PostsSample flood = new PostsLoad(4, 3, 0, 50).run(box);
            PostsSample paced = new PostsLoad(2, 64, 2000, 50).run(box);
            assertThat(flood.posts()).isPositive();
            assertThat(paced.p99Nanos())
                    .isGreaterThanOrEqualTo(paced.p50Nanos())
                    .isPositive();
        }
    }

    private static boolean hasUring() throws IOException {
        try (CompletionPort _ = CompletionPort.open(
                PortOptions.defaults().engine(EngineChoice.IO_URING).concurrency(1))) {
            return true;
        } catch (EngineUnavailableException e) {
            return false;
        }
    }
}
