package io.iocp.tls;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Memory that is to be encrypted, in one piece or several, and how far that has come. */
public final class PlainText {
    /** No view of memory is longer. */
    private static final long MOST_OF_VIEW = 1 << 30;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final MemorySegment[] NONE = {};

    private final MemorySegment[] one = new MemorySegment[1];
    private MemorySegment[] pieces = NONE;
    private int count;
    private int piece;

    /** Bytes of the present piece that a view was made of. */
    private long viewed;

    private ByteBuffer view = NOTHING;

    /** One piece. */
    public void of(MemorySegment memory) {
        one[0] = memory;
        of(one, 1);
    }

    /** The first {@code number} of them, from their beginning. */
    public void of(MemorySegment[] memory, int number) {
        pieces = memory;
        count = number;
        piece = 0;
        viewed = 0;
        view = NOTHING;
    }

    /** It is not needed any more: the memory is somebody else's. */
    public void clear() {
        of(NONE, 0);
    }

    /** What comes next; empty at the end. Whoever takes bytes moves its position. */
    ByteBuffer next() {
        while (!view.hasRemaining() && piece < count) {
            MemorySegment memory = pieces[piece];
            long left = memory.byteSize() - viewed;
            if (left == 0) {
                piece++;
                viewed = 0;
            } else {
                long length = Math.min(left, MOST_OF_VIEW);
                view = memory.asSlice(viewed, length).asByteBuffer();
                viewed += length;
            }
        }
        return view;
    }

    /** Bytes that were not taken. */
    public long bytesLeft() {
        long left = view.remaining() - viewed;
        for (int i = piece; i < count; i++) {
            left += pieces[i].byteSize();
        }
        return left;
    }

    /** Everything was taken. */
    public boolean isEmpty() {
        return !next().hasRemaining();
    }
}
