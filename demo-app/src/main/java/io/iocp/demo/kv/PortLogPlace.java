package io.iocp.demo.kv;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.iocp.CompletionPort;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The place of a log in a directory of this machine; its files are written through the completion port. */
final class PortLogPlace implements LogPlace {

    private final CompletionPort port;
    private final Path path;
    private final Path other;

    /**
     * A place.
     *
     * @param path absolute
     */
    PortLogPlace(CompletionPort port, Path path) {
        this.port = port;
        this.path = path;
        this.other = path.resolveSibling(path.getFileName() + ".rewrite");
    }

    @Override
    public String name() {
        return path.toString();
    }

    /** Makes an empty log if there is none, so that it survives a loss of power. */
    void prepare() throws IOException {
        discard();
        if (!Files.exists(path)) {
            Files.createFile(path);
            syncDirectory();
        }
    }

    /** Opens the log itself, to go on with it. */
    LogFile open(LogFile.Ends ends) throws IOException {
        return new PortLogFile(port.openFile(path, WRITE), ends);
    }

    @Override
    public LogFile create(LogFile.Ends ends) throws IOException {
        return new PortLogFile(port.openFile(other, WRITE, CREATE, TRUNCATE_EXISTING), ends);
    }

    @Override
    public void replace() throws IOException {
        Files.move(other, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void syncDirectory() throws IOException {
        try (FileChannel directory = FileChannel.open(path.resolveSibling(""), READ)) {
            directory.force(true);
        }
    }

    @Override
    public void discard() throws IOException {
        Files.deleteIfExists(other);
    }
}
