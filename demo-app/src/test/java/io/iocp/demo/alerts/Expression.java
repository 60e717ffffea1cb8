package io.iocp.demo.alerts;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A PromQL expression, as far as to know which series it is about. */
record Expression(String text) {

    private static final Pattern STRING = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");

    private static final Pattern DURATION = Pattern.compile("\\[[^\\]]*\\]|\\b\\d+(ms|[smhdwy])\\b");

    private static final Pattern LABELS =
            Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");

    private static final Pattern MATCHERS = Pattern.compile("\\{[^}]*\\}");

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*(?!\\s*\\(|[a-zA-Z0-9_:])");

    private static final Pattern SELECTOR =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(\\{(?:[^}\"]|\"[^\"]*\")*\\})?");

    private static final Set<String> WORDS =
            Set.of("and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset", "inf", "nan", "e");

    /** With what Grafana puts in place of its variables. */
    static Expression ofGrafana(String text) {
        return new Expression(text.replace("$__rate_interval", "15s")
                .replace("$instance", ".*")
                .replace("$port", ".*"));
    }

    /** Names of all metrics in it. */
    Set<String> metrics() {
        String bare = STRING.matcher(text).replaceAll("\"\"");
        bare = MATCHERS.matcher(bare).replaceAll(" ");
        bare = DURATION.matcher(bare).replaceAll(" ");
        bare = LABELS.matcher(bare).replaceAll(" ");
        Set<String> metrics = new TreeSet<>();
        Matcher name = NAME.matcher(bare);
        while (name.find()) {
            if (!WORDS.contains(name.group()) && !isDigitBefore(bare, name.start())) {
                metrics.add(name.group());
            }
        }
        return metrics;
    }

    private static boolean isDigitBefore(String text, int at) {
        return at > 0 && Character.isDigit(text.charAt(at - 1));
    }

    /** All metrics in it with what they must match, as in {@code iocp_workers{state="blocked"}}. */
    Set<String> selectors() {
        Set<String> metrics = metrics();
        Set<String> selectors = new TreeSet<>();
        Matcher selector = SELECTOR.matcher(text);
        while (selector.find()) {
            if (metrics.contains(selector.group(1))) {
                selectors.add(selector.group());
            }
        }
        return selectors;
    }
}
