package io.iocp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules of style that no compiler checks, over the whole project: each ban names its replacement. */
class TidyTest {

    private static final Path ROOT = Repository.root().orElseThrow();

    private static final List<Ban> BANS = List.of(
            new Ban(
                    "Thread.sleep(",
                    TidyTest::isTest,
                    "await a condition with a deadline (Awaitility), or step the loop"),
            new Ban("TimeUnit.sleep(", TidyTest::isTest, "await a condition with a deadline (Awaitility)"),
            new Ban("System.out", file -> !isTest(file), "System.Logger in the core, the logger in Spring"),
            new Ban("System.err", file -> !isTest(file), "System.Logger in the core, the logger in Spring"),
            new Ban("catch (Throwable ignored)", file -> true, "the narrowest exception, and a comment that says why"),
            new Ban(
                    "@Disabled",
                    TidyTest::isTest,
                    "@Needs where the machine lacks something; otherwise mend or delete"),
            new Ban(
                    "import org.junit.jupiter.api.Test;",
                    file -> file.toString().contains("/io/iocp/contract/"),
                    "@EachEngine: the contract is every engine's (120)"),
            new Ban("TODO", file -> true, "do it now, or say what is missing in the Javadoc"),
            new Ban("FIXME", file -> true, "do it now, or say what is missing in the Javadoc"));

    private static final Pattern NAMELESS_PACKAGE =
            Pattern.compile("^package .*\\b(util|utils|helper|helpers|common|impl|internal)\\b.*;");

    private static final Pattern MARKDOWN_LINK = Pattern.compile("\\[[^\\]]*\\]\\(<?([^)>\\s]+)>?[^)]*\\)");

    private record Ban(String text, Predicate<Path> where, String instead) {}

    @Test
    void shouldUseNoBannedCall() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : Repository.filesEndingWith(".java")) {
            if (file.endsWith("TidyTest.java")) {
                continue;
            }
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                for (Ban ban : BANS) {
                    if (lines.get(i).contains(ban.text()) && ban.where().test(file)) {
                        found.add(place(file, i) + " has " + ban.text() + "; instead: " + ban.instead());
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void shouldNamePackagesForWhatTheyHold() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : Repository.filesEndingWith(".java")) {
            for (String line : Files.readAllLines(file)) {
                if (NAMELESS_PACKAGE.matcher(line).find()) {
                    found.add(ROOT.relativize(file) + ": " + line);
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void shouldHaveNoDeadMarkdownLink() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path file : Repository.filesEndingWith(".md")) {
            boolean inCode = false;
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).stripLeading().startsWith("```")) {
                    inCode = !inCode;
                }
                Matcher link = MARKDOWN_LINK.matcher(inCode ? "" : lines.get(i));
                while (link.find()) {
                    if (leadsNowhere(file, link.group(1))) {
                        dead.add(place(file, i) + " links to " + link.group(1));
                    }
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    private static boolean leadsNowhere(Path file, String target) {
        if (target.startsWith("#") || target.matches("[a-z]+:.*")) {
            return false;
        }
        String path = target.replaceFirst("#.*", "");
        return !Files.exists(file.resolveSibling(path));
    }

    private static boolean isTest(Path file) {
        return ROOT.relativize(file).toString().replace('\\', '/').contains("src/test/");
    }

    private static String place(Path file, int lineIndex) {
        return ROOT.relativize(file) + ":" + (lineIndex + 1);
    }
}
