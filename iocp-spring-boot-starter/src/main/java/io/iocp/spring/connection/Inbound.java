package io.iocp.spring.connection;

import io.iocp.OverlappedIO;
import io.iocp.spring.connection.Receiving.PauseReason;
import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.framing.FrameDecoder;
import io.iocp.spring.framing.FrameException;
import io.iocp.spring.framing.FrameTooLargeException;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.ReturnValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a connection receives, on its way to the handler: cut into frames, in order, and held back while the handler cannot have
 * it.
 *
 * <p>Thread: the worker that has a packet of the connection, but for {@link #keptBytes}, which is any.
 *
 * <p>Next: {@link HandlerEndpoint#invoke}.
 */
final class Inbound {
    /*
     * Order. Everything received goes through here in the order of its packets, one at a time. Whatever cannot go to the handler
     * now is put behind what is kept already, and as long as something is held back, later packets are put behind it too. It is
     * gone on with by the next packet, of whatever kind, that finds that nobody wants receiving paused: by one that is posted
     * for that, unless another comes first. The end of the stream waits behind what was received before it; a broken
     * connection does not, for whatever would be replied could not be sent.
     *
     * Memory. A frame that lies whole in the received buffer is a view of it. Only the rest of a buffer is copied, and of the
     * buffers that follow as much as is needed to find the end of that frame: a stretch as long as what is kept, then as much
     * again, so that a frame of n bytes costs about n bytes of copying, however small the packets are. At most maxLeftBytes and
     * one received buffer are kept, and behind a pause, or a reply that is awaited, what was received before receiving had
     * stopped: as many buffers as the port's credit (PortOptions.receiveCredit) and one.
     */

    /** The least that is copied at once to find the end of a frame. */
    private static final int LEAST_STRETCH = 512;

    private final TcpConnection connection;
    private final Receiving receiving;
    private final @Nullable FrameDecoder<?> decoder;
    private final int maxLeftBytes;
    private final KeptBytes kept;
    private volatile int keptBytes;

    /** Something was received that the handler could not have yet; not just a part of a frame. */
    private boolean held;

    /** Nothing more is looked at: the peer has sent what is no frame, or nothing is wanted any more. */
    private boolean over;

    /** The last packet, until the handler may have it. */
    private @Nullable OverlappedIO end;

    /** Guarded by itself: a connection may be closed by anybody. One at a time, but for handlers of posts and sends. */
    private final ArrayList<PendingReply> pendingReplies = new ArrayList<>(0);

    private long frames;

    /** Of the present call. */
    private @Nullable Object frame;

    private @Nullable ByteBuffer data;
    private int dataPosition;
    private int dataLimit;

    Inbound(TcpConnection connection, Receiving receiving, @Nullable BoundedFraming framing) {
        this.connection = connection;
        this.receiving = receiving;
        this.decoder = framing == null ? null : framing.framing().open();
        this.maxLeftBytes = framing == null ? Integer.MAX_VALUE : framing.maxLeftBytes();
        this.kept = new KeptBytes(maxLeftBytes);
    }

    // ---- what comes

    /** The packet has brought bytes. */
    void received(@Nullable HandlerEndpoint handler, OverlappedIO packet) throws Exception {
        if (over) {
            return;
        }
        if (held || !mayCall()) {
            ByteBuffer bytes = packet.data();
            kept.append(bytes, 0, bytes.limit());
            held(true);
            goOn(packet);
        } else if (decoder == null) {
            connection.call(handler, packet);
        } else {
            cut(handler, packet, decoder, packet.data());
        }
        keptBytes(kept.capacity());
    }

    /** The packet has brought bytes, and there is nobody for now who could have them. */
    void hold(OverlappedIO packet) {
        if (!over) {
            ByteBuffer bytes = packet.data();
            kept.append(bytes, 0, bytes.limit());
            held(true);
            keptBytes(kept.capacity());
        }
    }

    /** The peer has ended its stream, and this packet says so. */
    void ended(OverlappedIO packet) throws Exception {
        end = packet;
        goOn(packet);
    }

    /**
     * Goes on with what was held back, if the handler may have it now.
     *
     * @param packet what brings it to the handler, unless it is the end
     */
    void goOn(OverlappedIO packet) throws Exception {
        if (held && mayCall()) {
            held = false;
            HandlerEndpoint handler = connection.dataHandler();
            if (handler == null && !connection.ownerTakesData()) {
                connection.unclaimed();
                drop();
            } else if (decoder == null) {
                data = kept.view();
                dataPosition = data.position();
                dataLimit = data.limit();
                try {
                    connection.call(handler, packet);
                } finally {
                    data = null;
                    kept.clear();
                }
            } else {
                cutKept(handler, packet, decoder);
            }
            keptBytes(kept.capacity());
        }
        OverlappedIO last = end;
        if (last != null && !held && mayCall()) {
            end = null;
            endOfStream(last);
        }
    }

    /** Whether {@link #goOn} would do something. */
    boolean canGoOn() {
        return (held || end != null) && mayCall();
    }

    /** Nothing more is wanted: what is kept is let go of. The end of the stream is still told. */
    void drop() {
        over = true;
        held = false;
        kept.clear();
        keptBytes(0);
    }

    private boolean mayCall() {
        // Without framing a handler may want its packet's own data, which nothing but this packet has: so it is held
        // back only
        // where it must be.
        return decoder == null
                ? !receiving.isPaused(PauseReason.PENDING_REPLY)
                        && !receiving.isPaused(PauseReason.APPLICATION)
                        && !receiving.isPaused(PauseReason.HANDLER_STOPPED)
                : !receiving.isPaused();
    }

    // ---- frames

    private void cut(@Nullable HandlerEndpoint handler, OverlappedIO packet, FrameDecoder<?> by, ByteBuffer in)
            throws Exception {
        int length = in.limit();
        int at = 0;
        try {
            while (!kept.isEmpty() && at < length) {
                int stretch = Math.min(length - at, Math.max(kept.length(), LEAST_STRETCH));
                kept.append(in.limit(length), at, stretch);
                at += stretch;
                takeFrames(handler, packet, by);
                if (over || receiving.isPaused()) {
                    keepRest(in, at, length);
                    return;
                }
                if (kept.length() <= stretch && at < length) {
                    // All that was kept before is used up: what is left of the stretch lies in the packet too.
                    at -= kept.length();
                    kept.clear();
                }
            }
            if (at < length) {
                keepRest(in, frames(handler, packet, by, in.limit(length).position(at)), length);
            }
            checkLeft();
        } catch (FrameException e) {
            refuse(e);
        }
    }

    private void cutKept(@Nullable HandlerEndpoint handler, OverlappedIO packet, FrameDecoder<?> by) throws Exception {
        try {
            takeFrames(handler, packet, by);
            held(receiving.isPaused() && !kept.isEmpty());
            checkLeft();
        } catch (FrameException e) {
            refuse(e);
        }
    }

    private void takeFrames(@Nullable HandlerEndpoint handler, OverlappedIO packet, FrameDecoder<?> by)
            throws Exception {
        int consumed = frames(handler, packet, by, kept.view());
        if (!over) {
            kept.takeUpTo(consumed);
        }
    }

    private void keepRest(ByteBuffer in, int from, int length) {
        if (!over) {
            kept.append(in.limit(length), from, length - from);
            held(receiving.isPaused() && !kept.isEmpty());
        }
    }

    private void held(boolean now) {
        held = now;
        if (now) {
            receiving.held();
        }
    }

    private void checkLeft() throws FrameTooLargeException {
        if (!held && !over && kept.length() > maxLeftBytes) {
            throw new FrameTooLargeException(maxLeftBytes);
        }
    }

    /** Calls the handler with one frame after the other, until there is none, or it can have no more. Returns how far that is. */
    private int frames(@Nullable HandlerEndpoint handler, OverlappedIO packet, FrameDecoder<?> by, ByteBuffer in)
            throws Exception {
        int limit = in.limit();
        int at = in.position();
        while (at < limit) {
            Object next = by.decode(in);
            int consumed = in.position();
            if (next == null) {
                return consumed;
            }
            if (consumed <= at) {
                throw new IllegalStateException(
                        by + " has made a frame of no bytes: a decoder moves the position of the"
                                + " buffer behind the bytes of each frame that it returns");
            }
            if (consumed - at > maxLeftBytes) {
                throw new FrameTooLargeException(maxLeftBytes);
            }
            at = consumed;
            call(handler, packet, next);
            if (over || receiving.isPaused()) {
                return at;
            }
            in.limit(limit).position(at); // the handler may have looked at the same view
        }
        return at;
    }

    private void call(@Nullable HandlerEndpoint handler, OverlappedIO packet, Object next) throws Exception {
        frames++;
        frame = next;
        if (next instanceof ByteBuffer bytes) {
            data = bytes;
            dataPosition = bytes.position();
            dataLimit = bytes.limit();
        }
        try {
            connection.call(handler, packet);
        } finally {
            frame = null;
            data = null;
        }
        if (!connection.wantsMore()) {
            drop();
        }
    }

    /** Called with a frame of the packet's that is too large, or is none. */
    private void refuse(FrameException e) {
        drop();
        byte[] reply = e.reply();
        if (reply != null) {
            connection.send(reply);
        }
        connection.refused(
                e instanceof FrameTooLargeException ? CloseReason.FRAME_TOO_LARGE : CloseReason.BAD_FRAME, e);
    }

    private void endOfStream(OverlappedIO packet) throws Exception {
        if (decoder != null && !over) {
            try {
                if (!kept.isEmpty()) {
                    throw new FrameException("the stream ended in the middle of a frame, of which there are "
                            + kept.length() + " bytes");
                }
                decoder.ended();
            } catch (FrameException e) {
                refuse(e);
            }
        }
        drop();
        connection.endOfStream(packet);
    }

    // ---- the present call

    /** See {@link io.iocp.spring.handler.Exchange#frame}. */
    @Nullable
    Object frame() {
        return frame;
    }

    /** See {@link io.iocp.spring.handler.Exchange#data}. */
    ByteBuffer data(OverlappedIO packet) {
        ByteBuffer bytes = data;
        return bytes == null ? packet.data() : bytes.limit(dataLimit).position(dataPosition);
    }

    // ---- replies that come later

    /** See {@link io.iocp.spring.handler.Exchange#sendWhenComplete}. */
    void sendWhenComplete(CompletionStage<?> stage, ReturnValue how) {
        PendingReply reply = new PendingReply(connection.connection(), stage, how);
        synchronized (pendingReplies) {
            pendingReplies.add(reply);
        }
        receiving.pause(PauseReason.PENDING_REPLY);
        reply.await();
        if (!connection.connection().isOpen()) {
            reply.cancel(); // whoever has closed it may have looked before the reply was there
        }
    }

    /** What a stage has ended with is here. */
    void replied(PendingReply reply, OverlappedIO packet) throws Exception {
        // What it sends may have to wait for a further stage: receiving stays paused meanwhile.
        try {
            reply.how().send(reply.result(), connection);
        } finally {
            synchronized (pendingReplies) {
                pendingReplies.remove(reply);
            }
        }
        if (!awaitsReply()) {
            receiving.resume(PauseReason.PENDING_REPLY);
            goOn(packet);
        }
    }

    /** The connection is closed. Thread: any. */
    void closed() {
        List<PendingReply> nobodyReads;
        synchronized (pendingReplies) {
            nobodyReads = List.copyOf(pendingReplies);
            pendingReplies.clear();
        }
        nobodyReads.forEach(PendingReply::cancel);
    }

    boolean awaitsReply() {
        synchronized (pendingReplies) {
            return !pendingReplies.isEmpty();
        }
    }

    // ---- facts

    /** Whether a frame has begun and not ended, for want of bytes. */
    boolean isPartial() {
        return decoder != null && !over && !held && (!kept.isEmpty() || decoder.partial());
    }

    /** Whether there is something received that its handler has not had: a part of a frame, or what is held back. */
    boolean isBusy() {
        return held || isPartial();
    }

    /** Frames that the handler was called with. */
    long frames() {
        return frames;
    }

    /** Bytes of memory. Thread: any. */
    int keptBytes() {
        return keptBytes;
    }

    private void keptBytes(int bytes) {
        if (bytes != keptBytes) {
            keptBytes = bytes;
        }
    }
}
