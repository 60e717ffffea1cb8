package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mapping of a manifest, read by path. */
record Fields(Map<String, Object> entries) {

    @SuppressWarnings("unchecked")
    static Fields of(Object mapping) {
        return new Fields((Map<String, Object>) mapping);
    }

    boolean has(String key) {
        return entries.containsKey(key);
    }

    Object value(String... path) {
        @Nullable Object value = entries;
        for (String key : path) {
            value = value instanceof Map<?, ?> mapping ? mapping.get(key) : null;
        }
        if (value == null) {
            throw new AssertionError(String.join(".", path) + " is not in " + entries);
        }
        return value;
    }

    String text(String... path) {
        assertThat(value(path)).isInstanceOf(String.class);
        return (String) value(path);
    }

    Fields fields(String... path) {
        return of(value(path));
    }

    Map<String, Object> map(String... path) {
        return fields(path).entries();
    }

    List<Fields> list(String... path) {
        return ((List<?>) value(path)).stream().map(Fields::of).toList();
    }
}
