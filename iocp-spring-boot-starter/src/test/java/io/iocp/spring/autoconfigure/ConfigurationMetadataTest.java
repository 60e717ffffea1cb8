package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.json.JsonParserFactory;

/** Every key that can be set is described for the editor of whoever sets it. */
class ConfigurationMetadataTest {

    @Test
    void shouldDescribeEveryKey() throws Exception {
        Map<String, Object> described = described();
        List<String> keys = new ArrayList<>(List.of("iocp.enabled"));
        collect("iocp", IocpProperties.class, keys);

        assertThat(keys).contains("iocp.servers.*.receive-buffer-size", "iocp.workers.max", "iocp.engine");
        assertThat(keys)
                .allSatisfy(key -> assertThat(described)
                        .hasEntrySatisfying(
                                key,
                                description -> assertThat(description)
                                        .as(key)
                                        .asString()
                                        .endsWith(".")));
        assertThat(described.keySet())
                .filteredOn(key -> key.startsWith("iocp."))
                .containsExactlyInAnyOrderElementsOf(keys);
    }

    private static void collect(String prefix, Class<?> group, List<String> keys) {
        for (RecordComponent component : group.getRecordComponents()) {
            String key = prefix + "." + dashed(component.getName());
            if (component.getType().isRecord()) {
                collect(key, component.getType(), keys);
            } else {
                keys.add(key);
            }
            if (component.getName().equals("servers")) {
                collect(key + ".*", ServerProperties.class, keys);
            }
            if (component.getName().equals("clients")) {
                collect(key + ".*", ClientProperties.class, keys);
            }
        }
    }

    private static String dashed(String name) {
        String dashed = name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return ConfigurationPropertyName.of(dashed).toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> described() throws Exception {
        try (InputStream in =
                IocpProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            assertThat(in).isNotNull();
            Map<String, Object> metadata =
                    JsonParserFactory.getJsonParser().parseMap(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            Map<String, Object> descriptions = new TreeMap<>();
            for (Object property : (List<Object>) requireNonNull(metadata.get("properties"))) {
                Map<String, Object> fields = (Map<String, Object>) property;
                descriptions.put((String) fields.get("name"), String.valueOf(fields.get("description")));
            }
            return descriptions;
        }
    }
}
