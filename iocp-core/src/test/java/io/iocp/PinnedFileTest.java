package io.iocp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Somebody beside the handle needs the descriptor of a file. */
class PinnedFileTest {
    @TempDir
    private Path directory;

    @EachEngine
    void shouldStayOpenForWhoHasPinnedItWhenTheHandleIsClosed(TestEngine engine) throws Exception {
        Path path = Files.writeString(directory.resolve("pinned"), "content");
        PortOptions options = engine.on(SimulatedNetwork.of(Faults.timing()), PortOptions.defaults());
        try (CompletionPort port = CompletionPort.open(options)) {
            for (boolean associated : new boolean[] {false, true}) {
                FileHandle file = port.openFile(path);
                if (associated) {
                    port.associate(file, "key");
                }
                assertThat(file.file().pin()).isTrue();
                file.closeAndAwait();
                assertThat(file.isClosed()).isTrue();
                assertThat(file.file().isClosed()).isFalse();
                assertThat(file.sizeOf()).as("asked of the descriptor").isEqualTo(7);
                assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
                file.file().unpin();
                assertThat(file.file().isClosed()).isTrue();
                assertThat(file.file().pin()).isFalse();
                assertThatThrownBy(file::sizeOf)
                        .isInstanceOfAny(IllegalStateException.class, java.io.IOException.class);
            }
        }
    }

    @EachEngine
    void shouldTellItsSizeToAnInterruptedThread(TestEngine engine) throws Exception {
        Path path = Files.writeString(directory.resolve("interrupted"), "content");
        PortOptions options = engine.on(SimulatedNetwork.of(Faults.timing()), PortOptions.defaults());
        try (CompletionPort port = CompletionPort.open(options);
                FileHandle file = port.openFile(path)) {
            Thread.currentThread().interrupt();
            assertThat(file.size()).isEqualTo(7);
            assertThat(Thread.interrupted()).as("left as it was").isTrue();
            assertThat(file.size()).as("and nothing was closed").isEqualTo(7);
        }
    }
}
