package io.iocp.demo.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectoryListingTest {

    @TempDir
    Path directory;

    @Test
    void shouldListDirectoriesFirstWithSizesAndTimes() throws IOException {
        Files.createDirectory(directory.resolve("z"));
        Path file = Files.write(directory.resolve("a.txt"), new byte[1536]);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
        Files.createFile(directory.resolve(".hidden"));
        Files.createSymbolicLink(directory.resolve("nowhere"), Path.of("missing"));

        String page = DirectoryListing.of(directory, "/docs/");

        assertThat(page)
                .contains("<title>Index of /docs/</title>", "<a href=\"../\">../</a>")
                .contains(
                        "<a href=\"a.txt\">a.txt</a></td><td class=\"n\">1.5 KiB</td><td class=\"n\">2026-01-02 03:04<")
                .containsSubsequence("<a href=\"z/\">z/</a>", "<a href=\"a.txt\">")
                .doesNotContain("hidden", "nowhere");
        assertThat(DirectoryListing.of(directory, "/")).doesNotContain("../");
    }

    @Test
    void shouldEscapeNames() throws IOException {
        Files.createFile(directory.resolve("<script>alert('1&\"2')<"));

        assertThat(DirectoryListing.of(directory, "/<b>/"))
                .contains("<a href=\"%3Cscript%3Ealert%28%271%26%222%27%29%3C\">")
                .contains("&lt;script&gt;alert(&#39;1&amp;&quot;2&#39;)&lt;</a>")
                .contains("<title>Index of /&lt;b&gt;/</title>")
                .doesNotContain("<script", "<b>");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "102399, 99.9 KiB",
        "102400, 100 KiB",
        "1048575, 1023 KiB",
        "1048576, 1.0 MiB",
        "3221225472, 3.0 GiB",
        "9223372036854775807, 7.9 EiB",
    })
    void shouldWriteSizesForPeople(long bytes, String text) {
        StringBuilder size = new StringBuilder();
        DirectoryListing.size(bytes, size);
        assertThat(size).hasToString(text);
    }
}
