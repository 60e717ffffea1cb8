package io.iocp.benchmarks.measure;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A program's arguments, {@code key=value} each. Those that nobody asks for are refused. */
public final class Arguments {
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> unread = new HashSet<>();

    public Arguments(String... arguments) {
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("not key=value: " + argument);
            }
            values.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        unread.addAll(values.keySet());
    }

    public String text(String key, String otherwise) {
        unread.remove(key);
        return values.getOrDefault(key, otherwise);
    }

    public int number(String key, int otherwise) {
        return Integer.parseInt(text(key, Integer.toString(otherwise)));
    }

    /** To be called when all have been read. */
    public void done() {
        if (!unread.isEmpty()) {
            throw new IllegalArgumentException("unknown: " + unread);
        }
    }
}
