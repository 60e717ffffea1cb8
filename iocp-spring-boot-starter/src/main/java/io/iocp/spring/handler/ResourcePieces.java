package io.iocp.spring.handler;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** A resource that is no file, in pieces that are read when there is room for them. */
final class ResourcePieces implements Series.Source {
    private static final int PIECE_BYTES = 32 * 1024;

    private final InputStream in;
    private final byte[] piece = new byte[PIECE_BYTES];

    ResourcePieces(InputStream in) {
        this.in = in;
    }

    /** The bytes are valid until the next call. */
    @Override
    public CompletableFuture<Object> next() throws IOException {
        int read = in.readNBytes(piece, 0, piece.length);
        return CompletableFuture.completedFuture(read == 0 ? Signal.END : ByteBuffer.wrap(piece, 0, read));
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
