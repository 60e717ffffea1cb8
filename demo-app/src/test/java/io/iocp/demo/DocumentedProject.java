package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A project whose files stand on a page of the documentation: each in a block of code, beneath its name. */
final class DocumentedProject {
    private static final Pattern FILE = Pattern.compile("(?ms)^`([^`\\n]+)`\\n```\\w+\\n(.*?)^```$");
    private static final Pattern SHELL = Pattern.compile("(?ms)^```sh\\n(.*?)^```$");

    private final Map<String, String> files = new LinkedHashMap<>();
    private final String page;

    DocumentedProject(Path page) throws IOException {
        this.page = Files.readString(page);
        Matcher file = FILE.matcher(this.page);
        while (file.find()) {
            files.put(file.group(1), file.group(2));
        }
    }

    Map<String, String> files() {
        return files;
    }

    /** The one command that a shell is to run. */
    String command() {
        Matcher command = SHELL.matcher(page);
        assertThat(command.find()).isTrue();
        return command.group(1).strip();
    }

    void writeTo(Path folder) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    /** Lines of code, without what a tool writes (package and imports) and empty ones. */
    long linesOfCode() {
        return lines(".java")
                .filter(line -> !line.startsWith("import ") && !line.startsWith("package "))
                .count();
    }

    long linesOfConfiguration() {
        return lines(".properties").count();
    }

    private Stream<String> lines(String ending) {
        return files.entrySet().stream()
                .filter(file -> file.getKey().endsWith(ending))
                .flatMap(file -> file.getValue().lines())
                .map(String::strip)
                .filter(line -> !line.isEmpty());
    }
}
