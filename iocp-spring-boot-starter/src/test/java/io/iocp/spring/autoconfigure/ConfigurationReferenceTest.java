package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.json.JsonParserFactory;

/**
 * {@code docs/configuration.md} is what the metadata say. {@code -Diocp.docs.write=true} writes it anew.
 */
class ConfigurationReferenceTest {
    private static final String INTRODUCTION = """
            # Every key
            Generated from the starter's configuration metadata; `./mvnw -pl iocp-spring-boot-starter -am test \\
            -Dtest=ConfigurationReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Diocp.docs.write=true` writes it anew.
            `<name>` is any name of yours. Durations are written as in `10s` or `500ms`, sizes as in `4KB`.
            """;

    @Test
    void shouldListEveryKey() throws IOException {
        Path page = root().resolve("docs/configuration.md");
        String expected = page();
        if (Boolean.getBoolean("iocp.docs.write")) {
            Files.writeString(page, expected);
        }
        assertThat(page).hasContent(expected);
    }

    private static String page() throws IOException {
        Map<String, Map<String, Object>> keys = keys();
        StringBuilder page = new StringBuilder(INTRODUCTION);
        String section = "";
        for (Map.Entry<String, Map<String, Object>> key : keys.entrySet()) {
            String of = sectionOf(key.getKey());
            if (!of.equals(section)) {
                section = of;
                page.append("\n## `").append(section).append("`\n| key | default | what |\n|---|---|---|\n");
            }
            page.append("| `").append(key.getKey()).append("` | ");
            page.append(textOf(key.getValue().get("defaultValue"))).append(" | ");
            page.append(textOf(key.getValue().get("description"))).append(" |\n");
        }
        return page.toString();
    }

    private static String sectionOf(String key) {
        for (String group : List.of("iocp.servers.<name>", "iocp.clients.<name>")) {
            if (key.startsWith(group)) {
                return group;
            }
        }
        return "iocp";
    }

    /** The keys without a section of their own come first. */
    private static Map<String, Map<String, Object>> keys() throws IOException {
        Map<String, Map<String, Object>> keys =
                new TreeMap<>((a, b) -> (sectionOf(a) + ' ' + a).compareTo(sectionOf(b) + ' ' + b));
        try (InputStream in =
                IocpProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            Map<String, Object> metadata = JsonParserFactory.getJsonParser()
                    .parseMap(new String(requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
            for (Object property : (List<?>) requireNonNull(metadata.get("properties"))) {
                Map<String, Object> fields = fieldsOf(property);
                String key = requireNonNull((String) fields.get("name")).replace("*", "<name>");
                boolean map = key.equals("iocp.servers") || key.equals("iocp.clients");
                // Boot's own keys for our endpoints are in Boot's documentation.
                if (key.startsWith("iocp.") && !map) {
                    keys.put(key, fields);
                }
            }
        }
        return keys;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> fieldsOf(Object property) {
        return (Map<String, Object>) property;
    }

    private static String textOf(@Nullable Object value) {
        return value == null ? "" : String.valueOf(value).replace("|", "\\|");
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("README.md"))) {
            folder = requireNonNull(folder.getParent(), "no README.md above the module");
        }
        return folder;
    }
}
