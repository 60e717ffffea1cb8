package io.iocp.demo.files;

import io.iocp.Connection;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.Status;
import io.iocp.spring.handler.Replies;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * One client's connection: answers its requests in their order, each with one send or one transmit, and decides when it ends.
 *
 * <p>Requests may come before the answers to earlier ones have left. Of {@value #MOST_IN_FLIGHT} unsent answers no further
 * request is looked at, and nothing more is received, until half of them have gone.
 *
 * <p>After an error that leaves unknown where the next request begins, the answer is sent, then the output is shut down, and what
 * the client still sends is received and dropped for a while. To close at once would make TCP throw the answer away if the client
 * is still sending (RFC 9112, section 9.6).
 *
 * <p>Thread: one at a time, as the packets of a connection come.
 */
final class FilesConnection {

    private static final int MOST_IN_FLIGHT = 32;

    /** The longest body that is skipped for the sake of the next request. */
    private static final int SKIPPED_BODY_BYTES_MAX = 64 << 10;

    /**
     * The longest that a head may take from its first byte to its last. A client that sends nothing at all is closed by {@code
     * iocp.servers.files.idle-timeout}; this is for one that sends a byte now and then.
     */
    private static final long HEAD_NANOS_MAX = Duration.ofSeconds(20).toNanos();

    private static final Duration LINGER_IDLE = Duration.ofSeconds(2);
    private static final long LINGER_NANOS_MAX = Duration.ofSeconds(10).toNanos();
    private static final long LINGER_BYTES_MAX = 4 << 20;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private enum State {
        READING,
        /** Too many answers are unsent. */
        PAUSED,
        /** The last answer is on its way, then the connection is closed. */
        CLOSING,
        /** The last answer is on its way, then the output is shut down. */
        ENDING,
        /** All is said; what still comes is dropped. */
        LINGERING
    }

    private final Responder responder;
    private final LongSupplier nanoTime;
    private final RequestParser parser = new RequestParser();
    private State state = State.READING;
    private int inFlight;
    private long bodyBytesToSkip;
    private long headSinceNanos;

    /** What was received and not looked at because of a pause. */
    private ByteBuffer kept = NOTHING;

    private long lingeringSinceNanos;
    private long lingeredBytes;

    FilesConnection(Responder responder, LongSupplier nanoTime) {
        this.responder = responder;
        this.nanoTime = nanoTime;
    }

    /** Answers the requests in these bytes. */
    void received(ByteBuffer data, Replies replies) {
        switch (state) {
            case READING -> {
                read(data, replies);
                if (data.hasRemaining()) {
                    keep(data);
                }
            }
            case PAUSED -> {
                keep(data);
                replies.connection()
                        .pauseReceiving(); // the server may have resumed what it had paused for reasons of its own
            }
            case CLOSING, ENDING -> {}
            case LINGERING -> {
                lingeredBytes += data.remaining();
                if (lingeredBytes > LINGER_BYTES_MAX || nanoTime.getAsLong() - lingeringSinceNanos > LINGER_NANOS_MAX) {
                    replies.connection().close();
                }
            }
        }
    }

    /** An answer has left, or could not; then the server closes the connection. */
    void sent(Status status, Replies replies) {
        inFlight--;
        if (status != Status.OK) {
            return;
        }
        if (state == State.PAUSED && inFlight <= MOST_IN_FLIGHT / 2) {
            state = State.READING;
            ByteBuffer before = kept;
            kept = NOTHING;
            read(before, replies);
            if (before.hasRemaining()) {
                keep(before);
            }
            if (state != State.PAUSED) {
                replies.connection().resumeReceiving();
            }
        }
        if (state == State.ENDING && inFlight == 0) {
            linger(replies.connection());
        }
    }

    /** Until the bytes are used up, or no further request is wanted for now or ever. */
    private void read(ByteBuffer in, Replies replies) {
        while (in.hasRemaining() && state == State.READING) {
            if (bodyBytesToSkip > 0) {
                int skipped = (int) Math.min(bodyBytesToSkip, in.remaining());
                in.position(in.position() + skipped);
                bodyBytesToSkip -= skipped;
            } else if (inFlight >= MOST_IN_FLIGHT) {
                state = State.PAUSED;
                replies.connection().pauseReceiving();
            } else {
                readRequest(in, replies);
            }
        }
        if (state == State.CLOSING || state == State.ENDING) {
            in.position(in.limit());
        }
    }

    private void readRequest(ByteBuffer in, Replies replies) {
        boolean within = parser.isWithin();
        Request request;
        try {
            request = parser.next(in);
            if (request == null && parser.isWithin()) {
                checkPace(within);
            }
        } catch (Refusal refusal) {
            send(responder.refuse(refusal.status(), refusal.reason()), replies);
            state = State.ENDING;
            return;
        }
        if (request != null) {
            answer(request, replies);
        }
    }

    private void checkPace(boolean within) throws Refusal {
        long now = nanoTime.getAsLong();
        if (!within) {
            headSinceNanos = now;
        } else if (now - headSinceNanos > HEAD_NANOS_MAX) {
            throw new Refusal(HttpStatus.REQUEST_TIMEOUT, "The request takes more than 20 seconds to come.");
        }
    }

    private void answer(Request request, Replies replies) {
        long body = request.bodyBytes();
        if (body == 0) {
            KeepAlive keepAlive = KeepAlive.of(request);
            send(responder.respond(request, keepAlive), replies);
            if (keepAlive == KeepAlive.CLOSE) {
                state = State.CLOSING;
                replies.closeWhenSent();
            }
            return;
        }
        boolean skip = request.keepAlive()
                && body != Request.CHUNKED
                && body <= SKIPPED_BODY_BYTES_MAX
                && !request.expectsContinue(); // then the body may come or not, and nobody knows
        if (skip) {
            bodyBytesToSkip = body;
            send(responder.respond(request, KeepAlive.of(request)), replies);
            return;
        }
        send(answerWithoutTheBody(request, body), replies);
        state = State.ENDING;
    }

    private Response answerWithoutTheBody(Request request, long body) {
        if (request.method() != RequestMethod.OTHER && body == Request.CHUNKED) {
            return responder.refuse(
                    request, KeepAlive.CLOSE, HttpStatus.LENGTH_REQUIRED, "A request for a file needs no body.");
        }
        if (request.method() != RequestMethod.OTHER && body > SKIPPED_BODY_BYTES_MAX) {
            return responder.refuse(
                    request, KeepAlive.CLOSE, HttpStatus.CONTENT_TOO_LARGE, "A request for a file needs no body.");
        }
        return responder.respond(request, KeepAlive.CLOSE);
    }

    private void send(Response response, Replies replies) {
        inFlight++;
        switch (response) {
            case Response.Made made -> replies.send(made.bytes());
            case Response.FromFile part -> {
                try {
                    replies.transmitFile(TransmitFileRequest.of(part.file().handle())
                            .range(part.offset(), part.length())
                            .head(MemorySegment.ofArray(part.head())));
                } finally {
                    part.file().release();
                }
            }
        }
    }

    private void linger(Connection connection) {
        state = State.LINGERING;
        lingeringSinceNanos = nanoTime.getAsLong();
        try {
            connection.shutdownOutput();
            connection.idleTimeout(LINGER_IDLE);
        } catch (ClosedChannelException e) {
            // The client was faster.
        }
    }

    private void keep(ByteBuffer data) {
        // A pause keeps what was on its way already, a few buffers of the port's at most: to copy it now and then is
        // cheap.
        kept = ByteBuffer.allocate(kept.remaining() + data.remaining())
                .put(kept)
                .put(data)
                .flip();
    }
}
