package io.iocp.spring.actuate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a view are wanted: terms with commas between them, all of which must match. {@code field:text} asks whether the field
 * contains the text, {@code text} whether any field does, both whatever the case.
 */
final class ViewFilter {
    private static final int LONGEST = 200;

    /** Letters only: an address like {@code 127.0.0.1:7007} is text. */
    private static final Pattern FIELD = Pattern.compile("([A-Za-z]+):(.*)", Pattern.DOTALL);

    private record Term(@Nullable String field, String text) {
        boolean matches(Map<String, String> row) {
            if (field != null) {
                return contains(row.getOrDefault(field, ""));
            }
            return row.values().stream().anyMatch(this::contains);
        }

        private boolean contains(String value) {
            return value.toLowerCase(Locale.ROOT).contains(text);
        }
    }

    private final List<Term> terms = new ArrayList<>();

    /** @param fields that rows of the view have */
    ViewFilter(@Nullable String text, List<String> fields) {
        if (text == null) {
            return;
        }
        if (text.length() > LONGEST) {
            throw InvalidRequest.of(
                    "'filter' has " + text.length() + " characters", "give at most " + LONGEST + " characters");
        }
        for (String part : text.split(",", -1)) {
            String term = part.strip();
            if (!term.isEmpty()) {
                terms.add(termOf(term, fields));
            }
        }
    }

    private static Term termOf(String term, List<String> fields) {
        Matcher matcher = FIELD.matcher(term);
        if (!matcher.matches()) {
            return new Term(null, term.toLowerCase(Locale.ROOT));
        }
        String field = matcher.group(1);
        if (!fields.contains(field)) {
            throw InvalidRequest.of(
                    "'filter' names a field that there is not: " + InvalidRequest.quoted(field),
                    "take one of " + String.join(", ", fields) + ", or text without a colon");
        }
        return new Term(field, matcher.group(2).strip().toLowerCase(Locale.ROOT));
    }

    boolean isEmpty() {
        return terms.isEmpty();
    }

    boolean matches(Map<String, String> row) {
        return terms.stream().allMatch(t -> t.matches(row));
    }
}
