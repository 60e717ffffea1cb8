package io.iocp.benchmarks.reads;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.file.Path;

/** Reads through a {@link FileHandle}: a handler starts the next read with the packet that it was given. */
public final class PortBlockReader extends BlockReader {
    private final CompletionPort port;
    private final FileHandle file;
    private final OverlappedIO[] packets;
    private final LeasedBuffer[] buffers;

    private PortBlockReader(CompletionPort port, Path path, boolean direct, int inFlight) throws IOException {
        super(path, inFlight);
        this.port = port;
        this.file = port.openFile(path, options(direct));
        this.packets = new OverlappedIO[inFlight];
        this.buffers = new LeasedBuffer[inFlight];
        for (int i = 0; i < inFlight; i++) {
            packets[i] = new OverlappedIO(i);
            buffers[i] = port.buffers().lease(BLOCK_BYTES);
        }
        port.associate(file, "file", this::completed);
    }

    static PortBlockReader open(Path path, boolean direct, int inFlight, String engine) throws IOException {
        PortOptions options = PortOptions.defaults()
                .name(engine)
                .engine(engine.equals("nio") ? EngineChoice.NIO : EngineChoice.IO_URING)
                .concurrency(1)
                .closeHandles(true);
        return new PortBlockReader(CompletionPort.openWithHandlersOfHandles(options), path, direct, inFlight);
    }

    @Override
    void start(int number) throws IOException {
        LeasedBuffer buffer = buffers[number];
        buffer.length(BLOCK_BYTES);
        file.read(packets[number], buffer, anyOffset());
    }

    private void completed(OverlappedIO packet) {
        if (packet.attachment() instanceof Integer number) {
            if (packet.status() == Status.OK) {
                read(number, packet.bytesTransferred());
            } else {
                failed(new IOException(packet.status().toString()));
            }
        }
    }

    @Override
    public void close() {
        port.close();
    }
}
