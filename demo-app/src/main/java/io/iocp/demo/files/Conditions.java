package io.iocp.demo.files;

import org.jspecify.annotations.Nullable;

/**
 * What a request says about the representation that it wants: the fields that make it conditional or partial, unread.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-13">RFC 9110, sections 13 and 14</a>
 */
record Conditions(
        @Nullable String ifMatch,
        @Nullable String ifNoneMatch,
        @Nullable String ifModifiedSince,
        @Nullable String ifUnmodifiedSince,
        @Nullable String ifRange,
        @Nullable String range) {

    /** Of a request without any. */
    static final Conditions NONE = new Conditions(null, null, null, null, null, null);

    /** What they come to. */
    enum Outcome {
        /** The representation, or a part of it, is to be sent. */
        SEND,
        NOT_MODIFIED,
        FAILED
    }

    /** Evaluates the preconditions in the order of RFC 9110, section 13.2.2. */
    Outcome evaluate(FileVersion file) {
        if (ifMatch != null) {
            if (!EntityTags.anyMatches(ifMatch, file.entityTag(), true)) {
                return Outcome.FAILED;
            }
        } else if (ifUnmodifiedSince != null) {
            long date = HttpDate.parse(ifUnmodifiedSince);
            if (date != HttpDate.INVALID && file.modifiedSecond() > date) {
                return Outcome.FAILED;
            }
        }
        if (ifNoneMatch != null) {
            return EntityTags.anyMatches(ifNoneMatch, file.entityTag(), false) ? Outcome.NOT_MODIFIED : Outcome.SEND;
        }
        if (ifModifiedSince != null && !modifiedSince(ifModifiedSince, file)) {
            return Outcome.NOT_MODIFIED;
        }
        return Outcome.SEND;
    }

    private static boolean modifiedSince(String field, FileVersion file) {
        // A browser sends back what it was told, so most need no parsing.
        if (field.equals(file.lastModified())) {
            return false;
        }
        long date = HttpDate.parse(field);
        return date == HttpDate.INVALID || file.modifiedSecond() > date;
    }

    /** The part to be sent: {@link ByteRange#WHOLE} also if the part that the client has is of another version. */
    ByteRange rangeOf(FileVersion file) {
        if (range == null) {
            return ByteRange.WHOLE;
        }
        if (ifRange != null && !sameVersion(ifRange, file)) {
            return ByteRange.WHOLE;
        }
        return ByteRange.of(range, file.size());
    }

    /** An entity tag must be the same and strong, a date the very one that was sent (RFC 9110, section 13.1.5). */
    private static boolean sameVersion(String validator, FileVersion file) {
        if (validator.startsWith("\"") || validator.startsWith("W/")) {
            return validator.equals(file.entityTag());
        }
        return validator.equals(file.lastModified()) || HttpDate.parse(validator) == file.modifiedSecond();
    }
}
