package io.iocp.demo.kv;

import java.nio.charset.StandardCharsets;

/** What the protocol knows of text: decimal numbers and words whose case does not matter. */
final class Ascii {

    /** {@link Long#MIN_VALUE} has this many characters, and no number has more. */
    private static final int LONGEST_NUMBER = 20;

    private Ascii() {}

    /**
     * The number that these bytes spell, as strictly as Redis reads it: no blanks, no plus sign, no leading zeros.
     *
     * @throws CommandError if they spell none that fits
     */
    static long number(byte[] text) {
        return number(text, text.length);
    }

    /** As {@link #number(byte[])}, of the first {@code length} bytes. */
    static long number(byte[] text, int length) {
        if (length == 0 || length > LONGEST_NUMBER) {
            throw CommandError.notAnInteger();
        }
        boolean negative = text[0] == '-';
        int at = negative ? 1 : 0;
        if (at == length || (text[at] == '0' && length > 1)) {
            throw CommandError.notAnInteger();
        }
        // Counted downwards, because the smallest number has no positive counterpart.
        long value = 0;
        for (; at < length; at++) {
            int digit = text[at] - '0';
            if (digit < 0 || digit > 9 || value < Long.MIN_VALUE / 10 || value * 10 < Long.MIN_VALUE + digit) {
                throw CommandError.notAnInteger();
            }
            value = value * 10 - digit;
        }
        if (!negative && value == Long.MIN_VALUE) {
            throw CommandError.notAnInteger();
        }
        return negative ? value : -value;
    }

    /** The decimal digits of a number. */
    static byte[] digits(long number) {
        return Long.toString(number).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whether the text is this word, which is given in lower case. */
    static boolean isWord(byte[] text, String word) {
        if (text.length != word.length()) {
            return false;
        }
        for (int at = 0; at < text.length; at++) {
            if (lower(text[at]) != word.charAt(at)) {
                return false;
            }
        }
        return true;
    }

    /** The text in lower case, each byte one character. */
    static String lowerCase(byte[] text) {
        byte[] folded = new byte[text.length];
        for (int at = 0; at < text.length; at++) {
            folded[at] = lower(text[at]);
        }
        return new String(folded, StandardCharsets.ISO_8859_1);
    }

    /** At most {@code longest} bytes of the text, each byte one character, as error replies quote arguments. */
    static String latin1(byte[] text, int longest) {
        return new String(text, 0, Math.min(text.length, longest), StandardCharsets.ISO_8859_1);
    }

    static byte lower(byte letter) {
        return letter >= 'A' && letter <= 'Z' ? (byte) (letter + ('a' - 'A')) : letter;
    }
}
