package io.iocp.benchmarks.page;

import java.util.Locale;

/**
 * What we set out to reach, and what was measured.
 *
 * @param what is measured
 * @param goal in words
 * @param measured in figures
 * @param met whether it was reached
 */
public record Goal(String what, String goal, String measured, boolean met) {

    /**
     * A bound from above.
     *
     * @param figure what must not exceed it
     */
    public static Goal atMost(String what, double bound, String unit, double figure, String of) {
        return new Goal(what, "≤ " + exact(bound) + unit, exact(figure) + unit + " " + of, figure <= bound);
    }

    /**
     * A bound from below.
     *
     * @param figure what must reach it
     */
    public static Goal atLeast(String what, double bound, String unit, double figure, String of) {
        return new Goal(what, "≥ " + exact(bound) + unit, exact(figure) + unit + " " + of, figure >= bound);
    }

    private static String exact(double figure) {
        if (Math.abs(figure) >= 100 || figure == Math.rint(figure)) {
            return Table.number(figure, 0);
        }
        return String.format(Locale.ROOT, "%.3f", figure);
    }
}
