package io.iocp.engine;

import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.ListenOptions;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Path;

/** Opens endpoints and loops of one kind. Thread: any. */
public interface Engine {
    EngineCapabilities capabilities();

    /**
     * Opens a listening endpoint (SO_REUSEADDR, dual stack for the IPv6 wildcard).
     *
     * @param address one that {@link Addresses#check} lets pass
     * @throws java.net.BindException if the address is in use or not of this machine, or its path cannot be made; the message
     *     names the address
     */
    Endpoint listen(SocketAddress address, ListenOptions options) throws IOException;

    /**
     * Opens a datagram endpoint (no SO_REUSEADDR, dual stack for the IPv6 wildcard), connected to its peer if it has one: what
     * came from others before is dropped.
     *
     * @param local an IP address that {@link Addresses#check} lets pass
     * @throws java.net.BindException if the address is in use or not of this machine; the message names it
     */
    Endpoint openDatagram(SocketAddress local, DatagramOptions options) throws IOException;

    /**
     * Opens a regular file. May wait for its file system.
     *
     * @throws java.nio.file.NoSuchFileException if it does not exist, {@link java.nio.file.FileAlreadyExistsException} if it must
     *     not, {@link java.nio.file.AccessDeniedException} if it may not be used so, and other {@link
     *     java.nio.file.FileSystemException}s that name it
     */
    Endpoint openFile(Path path, FileAccess access) throws IOException;

    /** The present size in bytes of a file whose descriptor the caller has {@linkplain io.iocp.operation.OpenFile#pin pinned}. */
    long sizeOf(Endpoint file) throws IOException;

    /** An endpoint that is to be connected. It has no descriptor before. */
    Endpoint openConnection(ConnectionOptions options);

    /** Closes an endpoint that was never associated: no loop knows it, nothing is in flight on it. */
    void closeUnassociated(Endpoint endpoint);

    /** The clock that timers go by, as {@link System#nanoTime()} counts. */
    default long nanoTime() {
        return System.nanoTime();
    }

    /** Opens a loop that reports to {@code sink}. */
    EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException;
}
