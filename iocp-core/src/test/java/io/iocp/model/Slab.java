package io.iocp.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Memory of the global arena in pieces, which are poisoned while nobody may touch them. One for each thread that runs programs. */
final class Slab {
    static final int PIECE = 64;
    private static final int PIECES = 64;
    private static final byte POISON = 0x5A;

    private final MemorySegment all = Arena.global().allocate(PIECE * PIECES);
    private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();
    private final List<MemorySegment> pieces = new ArrayList<>();

    Slab() {
        for (int i = 0; i < PIECES; i++) {
            pieces.add(all.asSlice((long) i * PIECE, PIECE));
        }
        reset();
    }

    void reset() {
        all.fill(POISON);
        free.clear();
        free.addAll(pieces);
    }

    /** A piece; null if there is none left. The one that was given back first comes first. */
    @Nullable
    MemorySegment take() {
        return free.poll();
    }

    void giveBack(MemorySegment piece) {
        piece.fill(POISON);
        free.add(piece);
    }

    /** Whether somebody has written to a piece that is nobody's. */
    boolean isTouched() {
        for (MemorySegment piece : free) {
            for (int i = 0; i < PIECE; i += 8) {
                if (piece.get(ValueLayout.JAVA_LONG_UNALIGNED, i) != 0x5A5A5A5A5A5A5A5AL) {
                    return true;
                }
            }
        }
        return false;
    }
}
