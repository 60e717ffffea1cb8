package io.iocp.demo.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {

    private RequestParser parser = new RequestParser();

    @Test
    void shouldReadWhatCurlSends() throws Refusal {
        Request request = only(
                "GET /a/b.txt?x=1 HTTP/1.1\r\nHost: localhost:8090\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n");

        assertThat(request)
                .isEqualTo(new Request(
                        RequestMethod.GET,
                        "/a/b.txt",
                        "x=1",
                        Request.Version.HTTP_1_1,
                        true,
                        0,
                        false,
                        Conditions.NONE));
    }

    @Test
    void shouldReadWhatAbSends() throws Refusal {
        Request request = only("HEAD / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\n");

        assertThat(request.method()).isEqualTo(RequestMethod.HEAD);
        assertThat(request.version()).isEqualTo(Request.Version.HTTP_1_0);
        assertThat(request.keepAlive()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 |                             | true",
                "HTTP/1.1 | Connection: close           | false",
                "HTTP/1.1 | Connection: x , CLOSE,y     | false",
                "HTTP/1.1 | Connection: closed          | true",
                "HTTP/1.1 | Connection: Upgrade, HTTP2-Settings | true",
                "HTTP/1.2 |                             | true",
                "HTTP/1.0 |                             | false",
                "HTTP/1.0 | connection:keep-alive       | true",
                "HTTP/1.0 | Connection: keep-alive, close | false",
            })
    void shouldKnowWhetherTheConnectionGoesOn(String version, String field, boolean keepAlive) throws Refusal {
        String line = field == null ? "" : field + "\r\n";

        assertThat(only("GET / " + version + "\r\nHost: a\r\n" + line + "\r\n").keepAlive())
                .isEqualTo(keepAlive);
    }

    @Test
    void shouldReadTheFieldsOfConditionsAndIgnoreOthersOfTheSameLength() throws Refusal {
        Request request = only("""
                GET / HTTP/1.1
                Host: a
                RANGE:bytes=0-1
                Ranga: x
                If-Range: "r"
                If-Match: "m"
                If-None-Match: "a"
                if-none-match: "b"
                If-Modified-Since:\t Sun, 06 Nov 1994 08:49:37 GMT \t
                If-Unmodified-Since: Sun, 06 Nov 1994 08:49:38 GMT
                If-Modified-Sinc3: x
                Empty:

                """);

        assertThat(request.conditions())
                .isEqualTo(new Conditions(
                        "\"m\"",
                        "\"a\", \"b\"",
                        "Sun, 06 Nov 1994 08:49:37 GMT",
                        "Sun, 06 Nov 1994 08:49:38 GMT",
                        "\"r\"",
                        "bytes=0-1"));
    }

    @Test
    void shouldForgetTheFieldsOfTheRequestBefore() throws Refusal {
        String first =
                "GET /1 HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n";
        List<Request> requests = all(bytes(first + "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n"));

        assertThat(requests).extracting(Request::path).containsExactly("/1", "/2");
        assertThat(requests.get(0).expectsContinue()).isTrue();
        assertThat(requests.get(1))
                .isEqualTo(new Request(
                        RequestMethod.GET, "/2", null, Request.Version.HTTP_1_1, true, 0, false, Conditions.NONE));
    }

    @Test
    void shouldReadTheSameFromAnyFragments() throws Refusal {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            text.append(i % 3 == 0 ? "\r\n" : "").append("GET /").append("x".repeat(i * 7 % 90));
            text.append(i).append(" HTTP/1.1\r\nHost: a\r\nX-Filler: ").append("y".repeat(i * 37 % 300));
            text.append("\r\nIf-None-Match: \"").append(i).append("\"\r\n\r\n");
        }
        byte[] bytes = text.toString().getBytes(ISO_8859_1);
        List<Request> whole = all(ByteBuffer.wrap(bytes));
        assertThat(whole).hasSize(40);
        Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            int most = 1 + random.nextInt(round < 100 ? 10 : 1000);
            List<Request> requests = new ArrayList<>();
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, 1 + random.nextInt(most));
                // As from the port: a direct buffer that is somebody else's afterwards.
                ByteBuffer fragment =
                        ByteBuffer.allocateDirect(length).put(bytes, at, length).flip();
                requests.addAll(all(fragment));
                at += length;
            }

            assertThat(requests).isEqualTo(whole);
            assertThat(parser.isWithin()).isFalse();
        }
    }

    @Test
    void shouldKnowThatItIsWithinARequest() throws Refusal {
        assertThat(parser.isWithin()).isFalse();
        assertThat(parser.next(bytes("\r\nGET / HT"))).isNull();
        assertThat(parser.isWithin()).isTrue();
        assertThat(parser.next(bytes("TP/1.0\r\n\r\n"))).isNotNull();
        assertThat(parser.isWithin()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "GET http://localhost:8090/a/b?c HTTP/1.1, /a/b",
        "GET HTTPS://localhost HTTP/1.1, /",
        "GET http://localhost?c HTTP/1.1, /",
        "GET /? HTTP/1.1, /",
        "GET /a%20b HTTP/1.1, /a b",
    })
    void shouldFindThePathInEveryFormOfTarget(String line, String path) throws Refusal {
        assertThat(only(line + "\r\nHost: a\r\n\r\n").path()).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /a HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1", "DELETE /../a HTTP/1.1"})
    void shouldNotLookAtTheTargetOfOtherMethods(String line) throws Refusal {
        assertThat(only(line + "\r\nHost: a\r\n\r\n").method()).isEqualTo(RequestMethod.OTHER);
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Length: 17, 17",
        "Transfer-Encoding: Chunked, -1",
        "Content-Length: 99999999999999999999, 9223372036854775807"
    })
    void shouldTellHowLongTheBodyIs(String field, long bytes) throws Refusal {
        assertThat(only("POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n").bodyBytes())
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET                                | 400",
                "GET /                              | 400",
                "GET  / HTTP/1.1                    | 400",
                "GET / HTTP/1.1 x                   | 400",
                "GET / x HTTP/1.1                   | 400",
                "GET / http/1.1                     | 400",
                "GET / HTTP/1                       | 400",
                "GET / HTTP/11.1                    | 400",
                "GET / HTTP/2.0                     | 505",
                "PRI * HTTP/2.0                     | 505",
                "GET / HTTP/0.9                     | 505",
                "get / HTTP/1.1                     | 501",
                "BREW / HTTP/1.1                    | 501",
                "G@T / HTTP/1.1                     | 400",
                "GET a HTTP/1.1                     | 400",
                "GET * HTTP/1.1                     | 400",
                "GET ftp://a/ HTTP/1.1              | 400",
                "GET http:// HTTP/1.1               | 400",
                "GET /../a HTTP/1.1                 | 400",
                "GET /a%00b HTTP/1.1                | 400",
                "GET / HTTP/1.1~Host:b              | 400",
                "GET / HTTP/1.1~Host : b            | 400",
                "GET / HTTP/1.1~: b                 | 400",
                "GET / HTTP/1.1~x                   | 400",
                "GET / HTTP/1.1~ folded: x          | 400",
                "GET / HTTP/1.1~A: b~ folded        | 400",
                "GET / HTTP/1.1~Content-Length:     | 400",
                "GET / HTTP/1.1~Content-Length: -1  | 400",
                "GET / HTTP/1.1~Content-Length: +1  | 400",
                "GET / HTTP/1.1~Content-Length: 1, 1 | 400",
                "GET / HTTP/1.1~Content-Length: 1~Content-Length: 2 | 400",
                "GET / HTTP/1.1~Content-Length: 1~Transfer-Encoding: chunked | 400",
                "GET / HTTP/1.1~Transfer-Encoding: gzip | 501",
                "GET / HTTP/1.1~Transfer-Encoding: chunked~Transfer-Encoding: chunked | 501",
                "GET / HTTP/1.0~Transfer-Encoding: chunked | 400",
                "GET / HTTP/1.1~Expect: tea         | 417",
            })
    void shouldRefuseWithTheRightStatus(String head, int status) {
        Refusal refusal = refusalOf(head.replace("~", "\r\n") + "\r\nHost: a\r\n\r\n");

        assertThat(refusal.status().line()).startsWith(status + " ");
        assertThat(refusal.reason()).endsWith(".");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\u0000\r\n\r\n",
                "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
                "\u0016\u0003\u0001",
                "GET \u007f",
            })
    void shouldRefuseWithBadRequest(String text) {
        assertThat(refusalOf(text).status()).isEqualTo(HttpStatus.BAD_REQUEST);
    }

    @Test
    void shouldAskForNoHostIfTheClientIsOld() throws Refusal {
        assertThat(only("GET / HTTP/1.0\n\n").keepAlive()).isFalse();
    }

    @Test
    void shouldRefuseTooLongARequestLineBeforeItsEnd() throws Refusal {
        String fits =
                "GET /" + "a".repeat(RequestParser.LINE_BYTES_MAX - "GET / HTTP/1.0".length()) + " HTTP/1.0\r\n\r\n";
        assertThat(only(fits).path()).hasSize(RequestParser.LINE_BYTES_MAX - 13);

        assertThat(refusalOf(fits.replace("/a", "/aa")).status()).isEqualTo(HttpStatus.URI_TOO_LONG);
        assertThat(refusalOf("a".repeat(RequestParser.LINE_BYTES_MAX + 1)).status())
                .isEqualTo(HttpStatus.URI_TOO_LONG);
    }

    @Test
    void shouldRefuseTooLongAHeadBeforeItsEnd() throws Refusal {
        String start = "GET / HTTP/1.0\r\nX: ";
        String fits = start + "a".repeat(RequestParser.HEAD_BYTES_MAX - start.length() - 4) + "\r\n\r\n";
        assertThat(only(fits)).isNotNull();

        assertThat(refusalOf(fits.replace("X: ", "X:  ")).status()).isEqualTo(HttpStatus.HEADER_FIELDS_TOO_LARGE);
        String endless = start + "a".repeat(RequestParser.HEAD_BYTES_MAX);
        assertThat(refusalOf(endless).status()).isEqualTo(HttpStatus.HEADER_FIELDS_TOO_LARGE);
    }

    @Test
    void shouldRefuseTooLongAHeadByteByByteToo() {
        RequestParser fed = new RequestParser();
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> {
            assertThat(fed.next(bytes("GET / HTTP/1.1\r\nX: "))).isNull();
            for (int i = 0; i < 2 * RequestParser.HEAD_BYTES_MAX; i++) {
                assertThat(fed.next(bytes("a"))).isNull();
            }
        });

        assertThat(refusal.status()).isEqualTo(HttpStatus.HEADER_FIELDS_TOO_LARGE);
    }

    @Test
    void shouldTakeGarbageForAnErrorAndNeverFailOtherwise() {
        Random random = new Random(11);
        String letters = "GET / HTTP/1.1\r\n:abc%.\\?#Host\t,\0\u007f\u00ff";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder("GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n");
            for (int change = random.nextInt(6); change >= 0; change--) {
                text.setCharAt(random.nextInt(text.length()), letters.charAt(random.nextInt(letters.length())));
            }
            parser = new RequestParser();
            try {
                all(bytes(text.toString()));
            } catch (Refusal refusal) {
                assertThat(refusal.reason()).isNotEmpty();
            }
        }
    }

    private Request only(String text) throws Refusal {
        List<Request> requests = all(bytes(text.replaceAll("(?<!\r)\n", "\r\n")));
        assertThat(requests).hasSize(1);
        return requests.getFirst();
    }

    private List<Request> all(ByteBuffer in) throws Refusal {
        List<Request> requests = new ArrayList<>();
        for (Request next = parser.next(in); next != null; next = parser.next(in)) {
            requests.add(next);
        }
        assertThat(in.hasRemaining()).isFalse();
        return requests;
    }

    private static Refusal refusalOf(String text) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> new RequestParser().next(bytes(text)));
        assertThat(refusal).as(text).isNotNull();
        return refusal;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }
}
