package io.iocp.spring.handler;

import io.iocp.FileHandle;
import io.iocp.TransmitFileRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A returned file: transmitted from where it is, none of it passes through the heap. */
record PathReturn() implements ReturnValue {
    @Override
    public void send(@Nullable Object value, Exchange exchange) throws IOException {
        if (value != null) {
            transmit((Path) value, exchange);
        }
    }

    static void transmit(Path path, Exchange exchange) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new NoSuchFileException(path.toString(), null, "a handler has returned it, and it is no file");
        }
        try (FileHandle file = exchange.connection().port().openFile(path, StandardOpenOption.READ)) {
            exchange.transmitFile(TransmitFileRequest.of(file)); // its descriptor stays open for as long as that takes
        }
    }
}
