package io.iocp.demo.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.PortOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteTest {

    private static final int MOST_OPEN_FILES = 3;

    @TempDir
    Path root;

    private CompletionPort port;
    private Site site;

    @BeforeEach
    void open() throws IOException {
        port = CompletionPort.open(PortOptions.defaults().engine(EngineChoice.NIO), packet -> {});
        site = new Site(port, root, MOST_OPEN_FILES);
        for (int i = 0; i < 12; i++) {
            Files.writeString(root.resolve(i + ".txt"), "file " + i);
        }
    }

    @AfterEach
    void close() {
        site.close();
        port.close();
    }

    private OpenFile file(String path) throws IOException {
        Resource found = site.find(path);
        assertThat(found).isInstanceOf(OpenFile.class);
        return (OpenFile) found;
    }

    @Test
    void shouldOpenAFileOnceForManyRequests() throws IOException {
        OpenFile first = file("/0.txt");
        OpenFile second = file("/0.txt");

        assertThat(second).isSameAs(first);
        assertThat(first.contentType()).isEqualTo(ContentTypes.PLAIN);
        assertThat(first.version().size()).isEqualTo(6);
        first.release();
        second.release();
        assertThat(first.handle().isOpen()).isTrue();
        site.close();
        assertThat(first.handle().isOpen()).isFalse();
        assertThat(first.retain()).isFalse();
    }

    @Test
    void shouldThrowOutWhatWasAskedForLongestAgoAndCloseItWhenNobodyHasIt() throws IOException {
        OpenFile oldest = file("/0.txt");
        List<OpenFile> others = new ArrayList<>();
        for (int i = 1; i <= MOST_OPEN_FILES; i++) {
            others.add(file("/" + i + ".txt"));
        }

        assertThat(site.cache().size()).isEqualTo(MOST_OPEN_FILES);
        assertThat(oldest.handle().isOpen()).as("it is being sent").isTrue();
        oldest.release();
        assertThat(oldest.handle().isOpen()).isFalse();
        assertThat(file("/0.txt")).isNotSameAs(oldest);
        assertThat(others).allMatch(other -> other.handle().isOpen());
    }

    @Test
    void shouldCloseWhatNobodyHasAskedForForAWhile() throws IOException {
        OpenFile idle = file("/0.txt");
        idle.release();
        long now = System.nanoTime();

        site.cache().sweep(now + Duration.ofMillis(FileCache.IDLE_MILLIS - 1000).toNanos());
        assertThat(idle.handle().isOpen()).isTrue();
        site.cache().sweep(now + Duration.ofMillis(FileCache.IDLE_MILLIS).toNanos());
        assertThat(idle.handle().isOpen()).isFalse();
        assertThat(site.cache().size()).isZero();
    }

    @Test
    void shouldLookAtAFileAgainAfterASecond() throws IOException {
        FileCache cache = site.cache();
        OpenFile before = file("/0.txt");
        long now = System.nanoTime();
        long later = now + Duration.ofMillis(FileCache.CHECK_MILLIS).toNanos();
        assertThat(cache.find("/0.txt", later)).as("unchanged").isSameAs(before);
        before.release();
        Path replacement = Files.writeString(root.resolve("new"), "file 0");
        Files.setLastModifiedTime(replacement, Files.getLastModifiedTime(root.resolve("0.txt")));
        Files.move(replacement, root.resolve("0.txt"), StandardCopyOption.REPLACE_EXISTING);

        assertThat(cache.find("/0.txt", later)).as("looked at just now").isSameAs(before);
        before.release();
        later += Duration.ofMillis(FileCache.CHECK_MILLIS).toNanos();
        assertThat(cache.find("/0.txt", later)).as("another file").isNull();

        before.release();
        assertThat(before.handle().isOpen()).isFalse();
        assertThat(file("/0.txt").version().key()).isNotEqualTo(before.version().key());
    }

    @Test
    void shouldCloseEveryFileOnceHoweverManyAskForThem() {
        Set<OpenFile> seen = Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int client = 0; client < 4; client++) {
            Random random = new Random(client);
            clients.add(CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 3000; i++) {
                    try {
                        OpenFile file = file("/" + random.nextInt(random.nextBoolean() ? 12 : 2) + ".txt");
                        seen.add(file);
                        assertThat(file.handle().isOpen()).isTrue();
                        file.release();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }
            }));
        }
        clients.forEach(CompletableFuture::join);

        assertThat(site.cache().size()).isLessThanOrEqualTo(MOST_OPEN_FILES);
        site.close();
        assertThat(List.copyOf(seen))
                .hasSizeGreaterThan(12)
                .noneMatch(file -> file.handle().isOpen());
    }

    @Test
    void shouldFollowLinksWithinTheRootOnly() throws IOException {
        Files.createDirectory(root.resolve("in"));
        Files.writeString(root.resolve("in/a.css"), "a");
        Files.createSymbolicLink(root.resolve("link.css"), Path.of("in/a.css"));
        Files.createSymbolicLink(root.resolve("passwd"), Path.of("/etc/passwd"));
        Files.createSymbolicLink(root.resolve("etc"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(root.resolve("circle"), Path.of("circle"));
        Files.createSymbolicLink(root.resolve("in/index.html"), Path.of("/etc/passwd"));

        assertThat(file("/link.css").contentType()).startsWith("text/css");
        for (String path : List.of("/passwd", "/etc/passwd", "/etc/", "/etc", "/up/", "/up", "/circle", "/nowhere")) {
            assertThat(site.find(path)).as(path).isEqualTo(Resource.Absent.MISSING);
        }
        assertThat(site.find("/in/")).as("its index is outside").isInstanceOf(Resource.Directory.class);
    }

    @Test
    void shouldTellFilesAndDirectoriesApart() throws IOException {
        Files.createDirectory(root.resolve("in"));

        assertThat(site.find("/in")).isEqualTo(Resource.Absent.NEEDS_SLASH);
        assertThat(site.find("/in/"))
                .isEqualTo(new Resource.Directory(root.toRealPath().resolve("in")));
        assertThat(site.find("/0.txt/")).isEqualTo(Resource.Absent.MISSING);
        assertThat(site.find("/0.txt/a")).isEqualTo(Resource.Absent.MISSING);
        assertThat(site.find("/" + "a".repeat(5000))).isEqualTo(Resource.Absent.MISSING);
        assertThat(site.find("/a\0b")).isEqualTo(Resource.Absent.MISSING);

        Files.writeString(root.resolve("index.html"), "index");
        assertThat(file("/").contentType()).isEqualTo(ContentTypes.HTML);
    }

    @Test
    void shouldNotBeOpenedWhereThereIsNoDirectory() {
        assertThatIOException().isThrownBy(() -> new Site(port, root.resolve("missing"), 1));
    }

    @Test
    void shouldHaveASampleToUnpackThatLeavesNothing() throws IOException {
        Path unpacked;
        try (SampleSite sample = new SampleSite()) {
            unpacked = sample.unpack();
            assertThat(unpacked.resolve("index.html")).exists();
            assertThat(unpacked.resolve("notes/this & that.csv")).hasContent("this,that\n1,2\n");
        }
        assertThat(unpacked).doesNotExist();
    }
}
