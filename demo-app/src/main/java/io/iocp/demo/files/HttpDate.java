package io.iocp.demo.files;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;

/**
 * Times as HTTP writes them: seconds since 1970, in English and GMT.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7">RFC 9110, section 5.6.7</a>
 */
final class HttpDate {

    /** What {@link #parse} makes of anything that is no date; such a field is to be ignored. */
    static final long INVALID = Long.MIN_VALUE;

    private static final DateTimeFormatter IMF_FIXDATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);

    private static final List<DateTimeFormatter> OBSOLETE = List.of(
            // RFC 850, with two digits of the year: of 1970 to 2069, since no file is older.
            new DateTimeFormatterBuilder()
                    .appendPattern("EEEE, dd-MMM-")
                    .appendValueReduced(ChronoField.YEAR, 2, 2, 1970)
                    .appendPattern(" HH:mm:ss 'GMT'")
                    .toFormatter(Locale.US),
            // asctime() of C: the day is padded with a blank.
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.US));

    private HttpDate() {}

    static String format(long epochSecond) {
        return IMF_FIXDATE.format(Instant.ofEpochSecond(epochSecond).atOffset(ZoneOffset.UTC));
    }

    /** Reads any of the three forms that there have been. */
    static long parse(String text) {
        long second = parse(IMF_FIXDATE, text);
        for (DateTimeFormatter form : OBSOLETE) {
            if (second == INVALID) {
                second = parse(form, text);
            }
        }
        return second;
    }

    private static long parse(DateTimeFormatter form, String text) {
        try {
            return LocalDateTime.parse(text, form).toEpochSecond(ZoneOffset.UTC);
        } catch (DateTimeParseException notInThisForm) {
            return INVALID;
        }
    }
}
