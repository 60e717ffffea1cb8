package io.iocp.demo.kv;

/**
 * A pattern as KEYS and SCAN know it: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]}, and a backslash before what is
 * meant literally.
 *
 * <p>It goes back to the last star only, so matching takes at most pattern times text steps, whatever the pattern.
 */
final class Glob {

    private final byte[] pattern;

    Glob(byte[] pattern) {
        this.pattern = pattern;
    }

    boolean matches(Bytes key) {
        return matches(key.array());
    }

    boolean matches(byte[] text) {
        int at = 0;
        int piece = 0;
        int afterStar = -1;
        int retryAt = 0;
        while (at < text.length) {
            if (piece < pattern.length && pattern[piece] == '*') {
                afterStar = ++piece;
                retryAt = at;
                continue;
            }
            int following = piece < pattern.length ? matchOne(piece, text[at]) : -1;
            if (following >= 0) {
                piece = following;
                at++;
            } else if (afterStar >= 0) {
                piece = afterStar;
                at = ++retryAt;
            } else {
                return false;
            }
        }
        while (piece < pattern.length && pattern[piece] == '*') {
            piece++;
        }
        return piece == pattern.length;
    }

    /** Where the pattern goes on if its piece at this place matches the letter, else -1. */
    private int matchOne(int piece, byte letter) {
        return switch (pattern[piece]) {
            case '?' -> piece + 1;
            case '[' -> matchClass(piece + 1, letter & 0xFF);
            case '\\' -> {
                int literal = piece + 1 < pattern.length ? piece + 1 : piece;
                yield pattern[literal] == letter ? literal + 1 : -1;
            }
            default -> pattern[piece] == letter ? piece + 1 : -1;
        };
    }

    private int matchClass(int from, int letter) {
        int piece = from;
        boolean inverted = piece < pattern.length && pattern[piece] == '^';
        if (inverted) {
            piece++;
        }
        boolean found = false;
        // A class that is never closed ends with the pattern, as in Redis.
        while (piece < pattern.length && pattern[piece] != ']') {
            if (pattern[piece] == '\\' && piece + 1 < pattern.length) {
                found |= (pattern[piece + 1] & 0xFF) == letter;
                piece += 2;
            } else if (piece + 2 < pattern.length && pattern[piece + 1] == '-') {
                int one = pattern[piece] & 0xFF;
                int other = pattern[piece + 2] & 0xFF;
                found |= letter >= Math.min(one, other) && letter <= Math.max(one, other);
                piece += 3;
            } else {
                found |= (pattern[piece] & 0xFF) == letter;
                piece++;
            }
        }
        return found != inverted ? Math.min(piece + 1, pattern.length) : -1;
    }
}
