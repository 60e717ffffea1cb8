package io.iocp.demo.files;

import io.iocp.demo.files.Request.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of one connection into the heads of requests.
 *
 * <p>It may be fed any fragments. A head that lies in the received buffer as a whole, as nearly every one does, is read there; of
 * one that does not, the bytes are kept here, and none is scanned twice for its end. Fields that mean nothing here are checked
 * for their form and cost no object.
 *
 * <p>Lines may end with LF alone. What else RFC 9112 lets a server be lenient about is refused: folded fields, blanks before the
 * colon, a lone CR, more than one Host, a length and a transfer coding together.
 *
 * <p>Thread: one at a time.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112">RFC 9112: HTTP/1.1</a>
 */
final class RequestParser {

    /** The longest request line, its end not counted; more is answered with 414. */
    static final int LINE_BYTES_MAX = 8 << 10;

    /** The longest head, from its first byte to its empty line; more is answered with 431. */
    static final int HEAD_BYTES_MAX = 16 << 10;

    private static final int FIRST_KEPT_BYTES = 1 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Methods that HTTP knows and a file server has no use for. */
    private static final Set<String> OTHER_METHODS =
            Set.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT");

    /** The head that began in an earlier buffer, from position 0 to its position. */
    private ByteBuffer kept = NOTHING;

    // How far the present head was searched for its end, from its first byte.
    private int scanned;
    private int lineStart;
    private boolean inFields;

    // The fields of the head that is being read.
    private int hosts;
    private boolean close;
    private boolean keepAlive;
    private long contentLength;
    private @Nullable String transferEncoding;
    private @Nullable String expect;
    private boolean conditional;
    private @Nullable String ifMatch;
    private @Nullable String ifNoneMatch;
    private @Nullable String ifModifiedSince;
    private @Nullable String ifUnmodifiedSince;
    private @Nullable String ifRange;
    private @Nullable String range;

    /** Whether the head of a request has begun to come and has not come to its end. */
    boolean isWithin() {
        return kept.position() > 0;
    }

    /**
     * Reads on to the end of the next head.
     *
     * @return null if the buffer is used up before the end
     * @throws Refusal if this is no request that can be understood; nothing can be read from this connection after that
     */
    @Nullable
    Request next(ByteBuffer in) throws Refusal {
        if (kept.position() > 0) {
            return nextOfKept(in);
        }
        // An empty line before the request line is left over from the body of some old clients (RFC 9112, section 2.2).
        while (in.hasRemaining() && (in.get(in.position()) == '\r' || in.get(in.position()) == '\n')) {
            in.get();
        }
        int start = in.position();
        int end = endOfHead(in, start, in.limit());
        if (end < 0) {
            keep(in, in.remaining());
            return null;
        }
        Request request = head(in, start, end);
        in.position(end);
        return request;
    }

    private @Nullable Request nextOfKept(ByteBuffer in) throws Refusal {
        int before = kept.position();
        // Of what is not a head within its bound, endOfHead says so before more is kept.
        keep(in, Math.min(in.remaining(), HEAD_BYTES_MAX - before));
        int end = endOfHead(kept, 0, kept.position());
        if (end < 0) {
            return null;
        }
        in.position(in.position() - (kept.position() - end));
        Request request = head(kept, 0, end);
        kept = NOTHING; // an idle connection has no memory here
        return request;
    }

    private void keep(ByteBuffer in, int length) {
        int size = kept.position();
        if (length > kept.capacity() - size) {
            int capacity = Math.max(size + length, Math.min(HEAD_BYTES_MAX, Math.max(2 * size, FIRST_KEPT_BYTES)));
            kept = ByteBuffer.allocate(capacity).put(kept.flip());
        }
        kept.put(size, in, in.position(), length);
        kept.position(size + length);
        in.position(in.position() + length);
    }

    /** Searches for the end of the head, from where the last search stopped; -1 if it has not come yet. */
    private int endOfHead(ByteBuffer in, int start, int limit) throws Refusal {
        int line = start + lineStart;
        for (int at = start + scanned; at < limit; at++) {
            byte b = in.get(at);
            if (b == '\n') {
                int length = at - line - (at > line && in.get(at - 1) == '\r' ? 1 : 0);
                checkBounds(length, at + 1 - start);
                if (length == 0) {
                    scanned = 0;
                    lineStart = 0;
                    inFields = false;
                    return at + 1;
                }
                line = at + 1;
                inFields = true;
            } else if (at > line && in.get(at - 1) == '\r') {
                throw bad("a carriage return that ends no line");
            } else if ((b >= 0 && b < ' ' && b != '\r' && b != '\t') || b == 0x7f) {
                throw bad("a control character");
            }
        }
        scanned = limit - start;
        lineStart = line - start;
        checkBounds(limit - line, scanned + 1);
        return -1;
    }

    private void checkBounds(int lineBytes, int headBytes) throws Refusal {
        if (!inFields && lineBytes > LINE_BYTES_MAX) {
            throw new Refusal(HttpStatus.URI_TOO_LONG, "The request line has more than 8192 bytes.");
        }
        if (headBytes > HEAD_BYTES_MAX) {
            throw new Refusal(HttpStatus.HEADER_FIELDS_TOO_LARGE, "The head of the request has more than 16384 bytes.");
        }
    }

    // ---- a whole head

    private Request head(ByteBuffer in, int start, int end) throws Refusal {
        hosts = 0;
        close = false;
        keepAlive = false;
        contentLength = -1;
        transferEncoding = null;
        expect = null;
        if (conditional) {
            conditional = false;
            ifMatch = null;
            ifNoneMatch = null;
            ifModifiedSince = null;
            ifUnmodifiedSince = null;
            ifRange = null;
            range = null;
        }

        int lineEnd = lineEnd(in, start);
        int afterMethod = find(in, (byte) ' ', start, lineEnd);
        int afterTarget = afterMethod < 0 ? -1 : find(in, (byte) ' ', afterMethod + 1, lineEnd);
        if (afterTarget < 0) {
            throw bad("a first line that is not method, target and version");
        }
        Version version = version(in, afterTarget + 1, lineEnd);
        RequestMethod method = method(in, start, afterMethod);
        String path = "";
        String query = null;
        if (method != RequestMethod.OTHER) {
            int pathStart = pathStart(in, afterMethod + 1, afterTarget);
            int question = find(in, (byte) '?', pathStart, afterTarget);
            path = pathStart == afterTarget || pathStart == question
                    ? "/"
                    : RequestPath.of(in, pathStart, question < 0 ? afterTarget : question);
            query = question < 0 ? null : text(in, question + 1, afterTarget);
        }
        int at = nextLine(in, lineEnd);
        while (true) {
            lineEnd = lineEnd(in, at);
            if (lineEnd == at) {
                break;
            }
            field(in, at, lineEnd);
            at = nextLine(in, lineEnd);
        }
        assert nextLine(in, at) == end : "the empty line ends the head";
        return request(method, path, query, version);
    }

    private Request request(RequestMethod method, String path, @Nullable String query, Version version) throws Refusal {
        boolean old = version == Version.HTTP_1_0;
        if (hosts != 1 && !(old && hosts == 0)) {
            throw bad(hosts == 0 ? "no Host" : "more than one Host");
        }
        long body = Math.max(contentLength, 0);
        if (transferEncoding != null) {
            if (contentLength >= 0 || old) {
                throw bad("a body whose length is told in two ways");
            }
            if (!transferEncoding.equalsIgnoreCase("chunked")) {
                throw new Refusal(HttpStatus.NOT_IMPLEMENTED, "Only the transfer coding 'chunked' is known here.");
            }
            body = Request.CHUNKED;
        }
        if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
            throw new Refusal(HttpStatus.EXPECTATION_FAILED, "Nothing but 100-continue can be expected here.");
        }
        return new Request(
                method,
                path,
                query,
                version,
                !close && (!old || keepAlive),
                body,
                expect != null && !old,
                conditional
                        ? new Conditions(ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifRange, range)
                        : Conditions.NONE);
    }

    private static Version version(ByteBuffer in, int from, int to) throws Refusal {
        boolean form = to - from == 8
                && in.get(from) == 'H'
                && in.get(from + 1) == 'T'
                && in.get(from + 2) == 'T'
                && in.get(from + 3) == 'P'
                && in.get(from + 4) == '/'
                && isDigit(in.get(from + 5))
                && in.get(from + 6) == '.'
                && isDigit(in.get(from + 7));
        if (!form) {
            throw bad("a first line that is not method, target and version");
        }
        if (in.get(from + 5) != '1') {
            throw new Refusal(HttpStatus.VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1 and HTTP/1.0.");
        }
        return in.get(from + 7) == '0' ? Version.HTTP_1_0 : Version.HTTP_1_1;
    }

    private static RequestMethod method(ByteBuffer in, int from, int to) throws Refusal {
        int length = to - from;
        if (length == 3 && in.get(from) == 'G' && in.get(from + 1) == 'E' && in.get(from + 2) == 'T') {
            return RequestMethod.GET;
        }
        if (length == 4
                && in.get(from) == 'H'
                && in.get(from + 1) == 'E'
                && in.get(from + 2) == 'A'
                && in.get(from + 3) == 'D') {
            return RequestMethod.HEAD;
        }
        checkToken(in, from, to, "a method that is no word");
        if (OTHER_METHODS.contains(text(in, from, to))) {
            return RequestMethod.OTHER;
        }
        throw new Refusal(HttpStatus.NOT_IMPLEMENTED, "This method is not known here.");
    }

    /** Where the path begins in a target, which is it alone ({@code /a}) or has an authority too ({@code http://host/a}). */
    private static int pathStart(ByteBuffer in, int from, int to) throws Refusal {
        if (from < to && in.get(from) == '/') {
            return from;
        }
        int authority = -1;
        if (is(in, from, Math.min(to, from + 7), "http://")) {
            authority = from + 7;
        } else if (is(in, from, Math.min(to, from + 8), "https://")) {
            authority = from + 8;
        }
        if (authority < 0 || authority == to) {
            throw bad("a target that is neither a path nor an http URI");
        }
        for (int at = authority; at < to; at++) {
            byte b = in.get(at);
            if (b == '/' || b == '?') {
                return at;
            }
        }
        return to;
    }

    // ---- fields

    private void field(ByteBuffer in, int from, int to) throws Refusal {
        int colon = find(in, (byte) ':', from, to);
        if (colon < 0) {
            throw bad("a field without a colon");
        }
        checkToken(in, from, colon, "a field with a name that is no word");
        int start = colon + 1;
        int end = to;
        while (start < end && isBlank(in.get(start))) {
            start++;
        }
        while (end > start && isBlank(in.get(end - 1))) {
            end--;
        }
        switch (colon - from) {
            case 4 -> {
                if (is(in, from, colon, "host")) {
                    host(in, start, end);
                }
            }
            case 5 -> {
                if (is(in, from, colon, "range")) {
                    // Two of them are as good as one with two ranges.
                    range = listed(range, in, start, end);
                }
            }
            case 6 -> {
                if (is(in, from, colon, "expect")) {
                    expect = text(in, start, end);
                }
            }
            case 8 -> {
                if (is(in, from, colon, "if-match")) {
                    ifMatch = listed(ifMatch, in, start, end);
                } else if (is(in, from, colon, "if-range")) {
                    ifRange = listed(ifRange, in, start, end);
                }
            }
            case 10 -> {
                if (is(in, from, colon, "connection")) {
                    connection(in, start, end);
                }
            }
            case 13 -> {
                if (is(in, from, colon, "if-none-match")) {
                    ifNoneMatch = listed(ifNoneMatch, in, start, end);
                }
            }
            case 14 -> {
                if (is(in, from, colon, "content-length")) {
                    length(in, start, end);
                }
            }
            case 17 -> {
                if (is(in, from, colon, "if-modified-since")) {
                    ifModifiedSince = listed(ifModifiedSince, in, start, end);
                } else if (is(in, from, colon, "transfer-encoding")) {
                    transferEncoding = transferEncoding == null
                            ? text(in, start, end)
                            : transferEncoding + ", " + text(in, start, end);
                }
            }
            case 19 -> {
                if (is(in, from, colon, "if-unmodified-since")) {
                    ifUnmodifiedSince = listed(ifUnmodifiedSince, in, start, end);
                }
            }
            default -> {}
        }
    }

    /** A field of the conditional ones; a second one of the same name goes on where the first ended. */
    private String listed(@Nullable String before, ByteBuffer in, int from, int to) {
        conditional = true;
        String text = text(in, from, to);
        return before == null ? text : before + ", " + text;
    }

    private void host(ByteBuffer in, int from, int to) throws Refusal {
        hosts++;
        for (int at = from; at < to; at++) {
            switch (in.get(at)) {
                case ' ', '\t', '/', '\\', '?', '#', '@', ',' -> throw bad("a Host that is none");
                default -> {}
            }
        }
    }

    private void connection(ByteBuffer in, int from, int to) {
        int at = from;
        while (at < to) {
            int comma = find(in, (byte) ',', at, to);
            int end = comma < 0 ? to : comma;
            int last = end;
            while (at < last && isBlank(in.get(at))) {
                at++;
            }
            while (last > at && isBlank(in.get(last - 1))) {
                last--;
            }
            close |= is(in, at, last, "close");
            keepAlive |= is(in, at, last, "keep-alive");
            at = end + 1;
        }
    }

    private void length(ByteBuffer in, int from, int to) throws Refusal {
        long length = 0;
        for (int at = from; at < to; at++) {
            int digit = in.get(at) - '0';
            if (digit < 0 || digit > 9) {
                throw bad("a Content-Length that is no number");
            }
            length = length > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : length * 10 + digit;
        }
        if (from == to || (contentLength >= 0 && contentLength != length)) {
            throw bad("a Content-Length that is no number, or two");
        }
        contentLength = length;
    }

    // ---- bytes

    /** Where the line ends that begins here: at its LF or at the CR before that. */
    private static int lineEnd(ByteBuffer in, int from) {
        int at = from;
        while (in.get(at) != '\n') {
            at++;
        }
        return at > from && in.get(at - 1) == '\r' ? at - 1 : at;
    }

    /** Where the line behind this end begins. */
    private static int nextLine(ByteBuffer in, int lineEnd) {
        return lineEnd + (in.get(lineEnd) == '\r' ? 2 : 1);
    }

    private static int find(ByteBuffer in, byte wanted, int from, int to) {
        for (int at = from; at < to; at++) {
            if (in.get(at) == wanted) {
                return at;
            }
        }
        return -1;
    }

    /** Whether these bytes are this word, in whatever case. */
    private static boolean is(ByteBuffer in, int from, int to, String lowerCase) {
        if (to - from != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            byte b = in.get(from + i);
            if ((b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static String text(ByteBuffer in, int from, int to) {
        byte[] bytes = new byte[to - from];
        in.get(from, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void checkToken(ByteBuffer in, int from, int to, String otherwise) throws Refusal {
        if (from == to) {
            throw bad(otherwise);
        }
        for (int at = from; at < to; at++) {
            byte b = in.get(at);
            boolean token = b >= 0 && ((b < 64 ? TOKEN_LOW : TOKEN_HIGH) >>> b & 1) != 0; // shifts by b modulo 64
            if (!token) {
                throw bad(otherwise);
            }
        }
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** The letters of a token (RFC 9110, section 5.6.2), one bit each, those below 64 and the others. */
    private static final long TOKEN_LOW;

    private static final long TOKEN_HIGH;

    static {
        long low = 0;
        long high = 0;
        for (char c = '!'; c <= '~'; c++) {
            if ("\"(),/:;<=>?@[\\]{}".indexOf(c) < 0) {
                if (c < 64) {
                    low |= 1L << c;
                } else {
                    high |= 1L << (c - 64);
                }
            }
        }
        TOKEN_LOW = low;
        TOKEN_HIGH = high;
    }

    private static Refusal bad(String what) {
        return new Refusal(HttpStatus.BAD_REQUEST, "The request has " + what + ".");
    }
}
