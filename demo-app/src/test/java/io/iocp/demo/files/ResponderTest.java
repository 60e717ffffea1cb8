package io.iocp.demo.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.PortOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResponderTest {

    @TempDir
    Path root;

    private CompletionPort port;
    private Site site;
    private Responder responder;
    private Instant now = Instant.parse("2026-02-03T04:05:06Z");

    @BeforeEach
    void open() throws IOException {
        port = CompletionPort.open(PortOptions.defaults().engine(EngineChoice.NIO), packet -> {});
        site = new Site(port, root, 10);
        responder = new Responder(site, new HttpClock(() -> now), Callable::call);
        Path file = Files.writeString(root.resolve("a.txt"), "0123456789");
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05.000000006Z")));
    }

    @AfterEach
    void close() {
        site.close();
        port.close();
    }

    @Test
    void shouldSendAFileWithItsHead() throws Exception {
        Response.FromFile response = fromFile("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");

        assertThat(response.offset()).isZero();
        assertThat(response.length()).isEqualTo(10);
        assertThat(response.closes()).isFalse();
        assertThat(new String(response.head(), ISO_8859_1)).isEqualTo(lines("""
                HTTP/1.1 200 OK
                Server: iocp-demo
                Date: Tue, 03 Feb 2026 04:05:06 GMT
                Content-Type: text/plain; charset=utf-8
                Content-Length: 10
                Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT
                ETag: "1886caf21c963206-a"
                Accept-Ranges: bytes

                """));
    }

    @Test
    void shouldMakeAHeadOnceASecondForEachKindOfConnection() throws Exception {
        String request = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";
        byte[] head = fromFile(request).head();
        assertThat(fromFile(request).head()).isSameAs(head);

        Response.FromFile last = fromFile("GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(new String(last.head(), ISO_8859_1)).contains("\r\nConnection: close\r\n");
        assertThat(last.closes()).isTrue();
        assertThat(new String(
                        fromFile("GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                                .head(),
                        ISO_8859_1))
                .contains("\r\nConnection: keep-alive\r\n");

        now = now.plusSeconds(1);
        assertThat(new String(fromFile(request).head(), ISO_8859_1))
                .contains("\r\nDate: Tue, 03 Feb 2026 04:05:07 GMT\r\n")
                .doesNotContain("Connection");
    }

    @Test
    void shouldSendAPart() throws Exception {
        Response.FromFile response = fromFile("GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=2-4\r\n\r\n");

        assertThat(response.offset()).isEqualTo(2);
        assertThat(response.length()).isEqualTo(3);
        assertThat(new String(response.head(), ISO_8859_1))
                .startsWith("HTTP/1.1 206 Partial Content\r\n")
                .contains("\r\nContent-Length: 3\r\n", "\r\nContent-Range: bytes 2-4/10\r\n", "\r\nETag: ");
    }

    @Test
    void shouldNotKeepAFileOpenForAnAnswerWithoutItsBytes() throws Exception {
        Files.writeString(root.resolve("empty.txt"), "");
        assertThat(made("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")).contains("\r\nContent-Length: 10\r\n");
        assertThat(made("GET /a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n"))
                .startsWith("HTTP/1.1 304 Not Modified\r\n")
                .endsWith("\r\n\r\n")
                .contains("\r\nETag: ")
                .doesNotContain("Content-");
        assertThat(made("GET /a.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"other\"\r\n\r\n"))
                .startsWith("HTTP/1.1 412 ");
        assertThat(made("GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=10-\r\n\r\n"))
                .startsWith("HTTP/1.1 416 ")
                .contains("\r\nContent-Range: bytes */10\r\n");
        assertThat(made("GET /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n")).contains("\r\nContent-Length: 0\r\n");

        List<OpenFile> files =
                List.of(fromFile("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n").file());
        site.close();
        assertThat(files).noneMatch(file -> file.handle().isOpen());
    }

    @Test
    void shouldAnswerWithAPageWhereThereIsNoFile() throws Exception {
        Files.createDirectory(root.resolve("<i>"));
        assertThat(made("GET /missing<b> HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 404 Not Found\r\n")
                .contains("<h1>404 Not Found</h1>")
                .doesNotContain("<b>");
        assertThat(made("GET /<i>?q HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 301 Moved Permanently\r\n")
                .contains("\r\nLocation: /%3Ci%3E/?q\r\n");
        assertThat(made("GET /<i>/ HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("<h1>Index of /&lt;i&gt;/</h1>");
        assertThat(made("DELETE /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .contains("\r\nAllow: GET, HEAD\r\n");
    }

    /** Gives the reference up as the connection does once the transmit was started. */
    private Response.FromFile fromFile(String request) throws Exception {
        Response response = respond(request);
        assertThat(response).isInstanceOf(Response.FromFile.class);
        Response.FromFile part = (Response.FromFile) response;
        part.file().release();
        return part;
    }

    private String made(String request) throws Exception {
        Response response = respond(request);
        assertThat(response).isInstanceOf(Response.Made.class);
        return new String(((Response.Made) response).bytes(), ISO_8859_1);
    }

    private Response respond(String text) throws Exception {
        Request request = new RequestParser().next(ByteBuffer.wrap(text.getBytes(ISO_8859_1)));
        if (request == null) {
            throw new AssertionError("no whole request: " + text);
        }
        return responder.respond(request, KeepAlive.of(request));
    }

    private static String lines(String text) {
        return text.replace("\n", "\r\n");
    }
}
