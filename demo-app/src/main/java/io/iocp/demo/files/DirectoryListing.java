package io.iocp.demo.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The page of a directory that has no index: what is in it, directories first, with sizes and times. What begins with a dot is
 * left out, as the shell does.
 *
 * <p>Reads the directory and asks for the attributes of each entry: it may block.
 */
final class DirectoryListing {

    /** The most entries on a page; further ones are not shown, and the page says so. */
    static final int ENTRIES_MAX = 10_000;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

    private record Entry(String name, boolean directory, BasicFileAttributes attributes) {}

    private DirectoryListing() {}

    /**
     * Makes the page.
     *
     * @param path of the request, ending with a slash
     */
    static String of(Path directory, String path) throws IOException {
        List<Entry> entries = new ArrayList<>();
        boolean all = read(directory, entries);
        entries.sort(Comparator.comparing(Entry::directory).reversed().thenComparing(Entry::name));

        StringBuilder page = Html.begin("Index of " + path);
        page.append("<table><tr><th>Name</th><th class=\"n\">Size</th><th class=\"n\">Last change (UTC)</th></tr>\n");
        if (!path.equals("/")) {
            page.append("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
        }
        for (Entry entry : entries) {
            row(entry, page);
        }
        page.append("</table>\n");
        if (!all) {
            page.append("<p>There are more than ")
                    .append(ENTRIES_MAX)
                    .append(" entries; the others are not shown.</p>\n");
        }
        return Html.end(page);
    }

    private static boolean read(Path directory, List<Entry> entries) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                String name = String.valueOf(child.getFileName());
                if (name.startsWith(".")) {
                    continue;
                }
                if (entries.size() == ENTRIES_MAX) {
                    return false;
                }
                try {
                    BasicFileAttributes attributes = Files.readAttributes(child, BasicFileAttributes.class);
                    entries.add(new Entry(name, attributes.isDirectory(), attributes));
                } catch (IOException e) {
                    // Deleted meanwhile, or a link to nowhere: a request for it would be answered with 404.
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return true;
    }

    private static void row(Entry entry, StringBuilder page) {
        String slash = entry.directory() ? "/" : "";
        page.append("<tr><td><a href=\"")
                .append(RequestPath.encode(entry.name()))
                .append(slash)
                .append("\">");
        Html.escape(entry.name(), page);
        page.append(slash).append("</a></td><td class=\"n\">");
        if (!entry.directory()) {
            size(entry.attributes().size(), page);
        }
        page.append("</td><td class=\"n\">");
        TIME.formatTo(entry.attributes().lastModifiedTime().toInstant().atOffset(ZoneOffset.UTC), page);
        page.append("</td></tr>\n");
    }

    /** A size for people: three digits or so, and a unit. */
    static void size(long bytes, StringBuilder to) {
        if (bytes < 1024) {
            to.append(bytes).append(" B");
            return;
        }
        int unit = 0;
        long tenths = bytes * 10 / 1024;
        // Up to 9 EiB, times ten: too much for the first step alone.
        if (bytes > Long.MAX_VALUE / 10) {
            tenths = bytes / 1024 * 10;
        }
        while (tenths >= 10_240) {
            tenths /= 1024;
            unit++;
        }
        to.append(tenths / 10);
        if (tenths < 1000) {
            to.append('.').append(tenths % 10);
        }
        to.append(' ').append("KMGTPE".charAt(unit)).append("iB");
    }
}
