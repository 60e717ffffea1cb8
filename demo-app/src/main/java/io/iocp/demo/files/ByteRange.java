package io.iocp.demo.files;

/**
 * The part of a file that a Range field asks for.
 *
 * <p>Several ranges in one field, and anything that cannot be read, are answered with the whole file, which a server may always
 * do.
 *
 * @param first offset of the first byte
 * @param length number of bytes, at least 1
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2">RFC 9110, section 14.1.2</a>
 */
record ByteRange(long first, long length) {

    /** No part: all of it, with status 200. */
    static final ByteRange WHOLE = new ByteRange(0, -1);

    /** No byte of the file: status 416. */
    static final ByteRange UNSATISFIABLE = new ByteRange(-1, 0);

    private static final String UNIT = "bytes=";

    boolean isWhole() {
        return length < 0;
    }

    boolean isUnsatisfiable() {
        return first < 0;
    }

    static ByteRange of(String field, long size) {
        if (!field.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return WHOLE;
        }
        String range = field.substring(UNIT.length()).strip();
        int dash = range.indexOf('-');
        if (dash < 0) {
            return WHOLE;
        }
        long first = number(range, 0, dash);
        long last = number(range, dash + 1, range.length());
        if (first == NO_NUMBER || last == NO_NUMBER || (first == ABSENT && last == ABSENT)) {
            return WHOLE;
        }
        if (first == ABSENT) {
            return suffix(last, size);
        }
        if (last != ABSENT && last < first) {
            return WHOLE; // not "unsatisfiable" but invalid, and what is invalid is ignored
        }
        if (first >= size) {
            return UNSATISFIABLE;
        }
        long end = last == ABSENT || last >= size ? size : last + 1;
        return new ByteRange(first, end - first);
    }

    private static ByteRange suffix(long length, long size) {
        if (length == 0) {
            return UNSATISFIABLE;
        }
        if (size == 0) {
            return WHOLE; // satisfiable, but a range without bytes cannot be written down
        }
        long sent = Math.min(length, size);
        return new ByteRange(size - sent, sent);
    }

    private static final long ABSENT = -1;
    private static final long NO_NUMBER = -2;

    /** Digits; more than a {@code long} has room for are as good as the largest one. */
    private static long number(String text, int from, int to) {
        if (from == to) {
            return ABSENT;
        }
        long value = 0;
        for (int at = from; at < to; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return NO_NUMBER;
            }
            value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : value * 10 + digit;
        }
        return value;
    }
}
