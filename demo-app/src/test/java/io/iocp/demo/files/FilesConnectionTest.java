package io.iocp.demo.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EngineChoice;
import io.iocp.PortOptions;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.LeasedBuffer;
import io.iocp.spring.handler.Replies;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a connection answers, and when; how it looks on a real socket is in {@code FilesServiceIT}. */
class FilesConnectionTest {

    @TempDir
    Path root;

    private CompletionPort port;
    private Site site;
    private FilesConnection connection;
    private final Sent sent = new Sent();
    private long nanos;

    /** Gathers what is sent, and refuses everything that needs a socket. */
    private static final class Sent implements Replies {
        final List<String> answers = new ArrayList<>();
        boolean closes;

        @Override
        public Connection connection() {
            throw new AssertionError("no need to touch the socket");
        }

        @Override
        public void send(ByteBuffer data) {
            throw new AssertionError("copies");
        }

        @Override
        public void send(byte[] data) {
            answers.add(new String(data, ISO_8859_1));
        }

        @Override
        public void send(String text) {
            throw new AssertionError("copies");
        }

        @Override
        public void send(LeasedBuffer data) {
            throw new AssertionError("nobody has leased one");
        }

        @Override
        public void transmitFile(TransmitFileRequest request) {
            throw new AssertionError("there is no file");
        }

        @Override
        public void holdOpen(boolean hold) {
            throw new AssertionError("it waits for nobody");
        }

        @Override
        public void pauseReceiving() {
            throw new AssertionError("it can always take more");
        }

        @Override
        public void resumeReceiving() {
            throw new AssertionError("it was never paused");
        }

        @Override
        public void afterFrames(Runnable action) {
            throw new AssertionError("it has no frames");
        }

        @Override
        public void closeWhenSent() {
            closes = true;
        }

        String statuses() {
            return String.join(
                    " ", answers.stream().map(a -> a.substring(9, 12)).toList());
        }
    }

    @BeforeEach
    void open() throws IOException {
        port = CompletionPort.open(PortOptions.defaults().engine(EngineChoice.NIO), packet -> {});
        site = new Site(port, root, 10);
        connection = new FilesConnection(
                new Responder(site, new HttpClock(() -> Instant.EPOCH), Callable::call), () -> nanos);
    }

    @AfterEach
    void close() {
        site.close();
        port.close();
    }

    private void receive(String text) {
        connection.received(ByteBuffer.wrap(text.getBytes(ISO_8859_1)), sent);
    }

    @Test
    void shouldNotWaitForEverForTheRestOfAHead() {
        receive("GET / HTTP/1.1\r\n");
        nanos += Duration.ofSeconds(20).toNanos();
        receive("Host:");
        assertThat(sent.answers).isEmpty();

        nanos++;
        receive(" a");
        assertThat(sent.statuses()).isEqualTo("408");
        receive("\r\n\r\n");
        assertThat(sent.answers).as("nothing more is read").hasSize(1);
    }

    @Test
    void shouldCountTheTimeOfEachHeadAnew() {
        for (int i = 0; i < 5; i++) {
            receive("GET / HTTP/1.1\r\n");
            nanos += Duration.ofSeconds(15).toNanos();
            receive("Host: a\r\n\r\n");
        }
        assertThat(sent.statuses()).isEqualTo("200 200 200 200 200");
    }

    @Test
    void shouldSkipSmallBodiesAndAnswerWhatFollows() {
        receive("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12");
        receive("345HEAD /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1GET /c HTTP/1.1\r\nHost: a\r\n\r\n");

        assertThat(sent.statuses()).isEqualTo("405 404 404");
        assertThat(sent.closes).isFalse();
    }

    @Test
    void shouldAnswerNothingAfterTheLastRequest() {
        receive("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");

        assertThat(sent.statuses()).isEqualTo("404");
        assertThat(sent.closes).isTrue();
    }

    @Test
    void shouldAnswerNothingBehindABodyOfUnknownLength() {
        receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
        receive("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(sent.statuses()).isEqualTo("405");
        assertThat(sent.answers.getFirst()).contains("\r\nConnection: close\r\n");
    }
}
