package io.iocp.engine.uring;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.FileChannels;
import io.iocp.engine.LoopOptions;
import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.linux.LinuxException;
import io.iocp.linux.SockAddr;
import io.iocp.linux.Sockets;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OpenFile;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/** The engine whose completions come from the kernel. {@link UringFeatures#probe()} says first whether it works here. */
public final class UringEngine implements Engine {
    private final EngineCapabilities capabilities;
    private final Linux.Available linux;
    private final ZeroCopy zeroCopy;
    private final Helpers helpers;

    /**
     * Opens the engine.
     *
     * @param features what {@link UringFeatures#probe()} found
     * @throws IOException if system calls cannot be made here; the message says why and what helps
     */
    public UringEngine(UringFeatures features) throws IOException {
        this(features, ZeroCopy.WHERE_IT_MAY_PAY);
    }

    /** @param zeroCopy where sends that need not be copied are not */
    public UringEngine(UringFeatures features, ZeroCopy zeroCopy) throws IOException {
        this.zeroCopy = zeroCopy;
        this.capabilities = new EngineCapabilities(
                "io_uring", true, true, true, true, features.handOverFault().isEmpty(), true);
        this.linux = switch (Linux.open()) {
            case Linux.Available available -> available;
            case Linux.Unavailable no -> throw new IOException(no.reason() + "; " + no.remedy());
        };
        this.helpers = Helpers.of(linux::newLibc);
    }

    @Override
    public EngineCapabilities capabilities() {
        return capabilities;
    }

    @Override
    public Endpoint listen(SocketAddress address, ListenOptions options) throws IOException {
        Libc libc = linux.newLibc();
        Sockets sockets = new Sockets(libc);
        try {
            return listen(libc, sockets, address, options);
        } catch (LinuxException refused) {
            throw notBound("listen on", address, refused);
        }
    }

    private static UringEndpoint listen(Libc libc, Sockets sockets, SocketAddress address, ListenOptions options)
            throws LinuxException {
        int family = SockAddr.family(address);
        int fd = sockets.open(family);
        try {
            SocketSettings.ofListener(sockets, fd, family, options.socket());
            sockets.bind(fd, address);
            sockets.listen(fd, options.backlog());
            return new UringEndpoint(fd, Endpoint.Kind.LISTENER, options.connections(), sockets.localAddress(fd), null);
        } catch (LinuxException | RuntimeException failure) {
            libc.close(fd);
            throw failure;
        }
    }

    @Override
    public Endpoint openDatagram(SocketAddress local, DatagramOptions options) throws IOException {
        Libc libc = linux.newLibc();
        try {
            return openDatagram(libc, new Sockets(libc), local, options);
        } catch (LinuxException refused) {
            throw notBound("open a datagram handle at", local, refused);
        }
    }

    private static UringEndpoint openDatagram(Libc libc, Sockets sockets, SocketAddress local, DatagramOptions options)
            throws LinuxException {
        int family = SockAddr.family(local);
        int fd = sockets.openDatagram(family);
        try {
            SocketSettings.beforeBind(sockets, fd, family, options.socket());
            SocketSettings.ofBuffers(sockets, fd, options.socket());
            sockets.bind(fd, local);
            SocketAddress peer = options.peer();
            if (peer != null) {
                sockets.connectDatagram(fd, family, peer);
            }
            return new UringEndpoint(
                    fd,
                    Endpoint.Kind.DATAGRAM,
                    new ConnectionOptions(options.socket(), options.receiveBufferSize()),
                    sockets.localAddress(fd),
                    peer);
        } catch (LinuxException | RuntimeException failure) {
            libc.close(fd);
            throw failure;
        }
    }

    private static IOException notBound(String purpose, SocketAddress address, LinuxException refused) {
        String message = "cannot " + purpose + " " + address + ": " + refused.getMessage();
        boolean path = address instanceof UnixDomainSocketAddress;
        if (path && refused.errno() == Errno.EADDRINUSE) {
            message += "; the file exists: delete it if no process listens there any more";
        }
        return switch (refused.errno()) {
            case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> bindException(message, refused);
            default -> path ? bindException(message, refused) : new IOException(message, refused);
        };
    }

    private static BindException bindException(String message, LinuxException cause) {
        BindException bind = new BindException(message);
        bind.initCause(cause);
        return bind;
    }

    @Override
    public Endpoint openFile(Path path, FileAccess access) throws IOException {
        FileChannels.checkRegular(path);
        int fd = new FileSystemCalls(linux.newLibc()).open(path, access);
        try {
            OpenFile file = new OpenFile(
                    path,
                    access,
                    FileChannels.alignment(path, access),
                    () -> linux.newLibc().close(fd));
            return new UringEndpoint(fd, file);
        } catch (IOException | RuntimeException e) {
            linux.newLibc().close(fd);
            throw e;
        }
    }

    @Override
    public long sizeOf(Endpoint file) throws IOException {
        long size = new FileSystemCalls(linux.newLibc()).size(((UringEndpoint) file).fd());
        if (size < 0) {
            throw new LinuxException("statx", (int) size);
        }
        return size;
    }

    @Override
    public Endpoint openConnection(ConnectionOptions options) {
        return new UringEndpoint(options);
    }

    @Override
    public void closeUnassociated(Endpoint endpoint) {
        OpenFile file = endpoint.file();
        if (file != null) {
            file.unpin();
            return;
        }
        UringEndpoint unassociated = (UringEndpoint) endpoint;
        if (unassociated.hasDescriptor()) {
            linux.newLibc().close(unassociated.takeFd());
        }
    }

    @Override
    public EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException {
        return UringLoop.open(linux.newLibc(), options, zeroCopy, helpers, sink);
    }
}
