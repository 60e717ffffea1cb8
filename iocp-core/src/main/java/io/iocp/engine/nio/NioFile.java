package io.iocp.engine.nio;

import io.iocp.engine.FileChannels;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.OpenFile;
import java.io.IOException;
import java.nio.file.Path;

/** A file and its channels, which the selector knows nothing of. */
final class NioFile extends Endpoint {
    final FileChannels channels;

    private NioFile(FileChannels channels, OpenFile file) {
        super(file);
        this.channels = channels;
    }

    static NioFile open(Path path, FileAccess access) throws IOException {
        FileChannels channels = FileChannels.open(path, access);
        try {
            int alignment = FileChannels.alignment(path, access);
            return new NioFile(channels, new OpenFile(path, access, alignment, channels::close));
        } catch (IOException | RuntimeException e) {
            channels.close();
            throw e;
        }
    }
}
