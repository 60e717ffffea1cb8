package io.iocp.demo.files;

/** Lists of entity tags, as If-Match and If-None-Match have them. */
final class EntityTags {

    private EntityTags() {}

    /** The tag of a file's version. Strong: the same size and the same time of the last change, to the nanosecond. */
    static String of(long modifiedNanos, long size) {
        return '"' + Long.toHexString(modifiedNanos) + '-' + Long.toHexString(size) + '"';
    }

    /**
     * Whether a list has the tag, or is {@code *}.
     *
     * @param tag a strong one
     * @param strongly whether a weak tag of the list ({@code W/"..."}) is none
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2">RFC 9110, section 8.8.3.2</a>
     */
    static boolean anyMatches(String list, String tag, boolean strongly) {
        int at = 0;
        int end = list.length();
        while (at < end) {
            char c = list.charAt(at);
            if (c == ' ' || c == '\t' || c == ',') {
                at++;
                continue;
            }
            if (c == '*') {
                return true;
            }
            boolean weak = list.startsWith("W/", at);
            int opens = weak ? at + 2 : at;
            // Between the quotes there may be commas, and no quotes.
            int closes = opens < end && list.charAt(opens) == '"' ? list.indexOf('"', opens + 1) : -1;
            if (closes < 0) {
                return false; // not a list of tags from here on
            }
            if (!(weak && strongly)
                    && closes + 1 - opens == tag.length()
                    && list.regionMatches(opens, tag, 0, tag.length())) {
                return true;
            }
            at = closes + 1;
        }
        return false;
    }
}
