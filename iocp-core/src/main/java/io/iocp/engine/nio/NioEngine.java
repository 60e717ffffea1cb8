package io.iocp.engine.nio;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.FileThreads;
import io.iocp.engine.LoopOptions;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OpenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;

/** Opens endpoints and loops on {@link java.nio.channels}; runs on every platform. Thread: any. */
public final class NioEngine implements Engine {
    /** A disk seldom gets faster by more; where it does, there is io_uring. */
    private static final int MOST_FILE_THREADS = 4;

    private static final EngineCapabilities CAPABILITIES =
            new EngineCapabilities("nio", false, false, false, true, true, false);

    private final FileThreads fileThreads = new FileThreads(MOST_FILE_THREADS);

    @Override
    public EngineCapabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public Endpoint listen(SocketAddress address, ListenOptions options) throws IOException {
        ProtocolFamily family = family(address);
        ServerSocketChannel channel = ServerSocketChannel.open(family);
        try {
            ChannelSettings.ofListener(channel, address, options.socket());
            channel.configureBlocking(false);
            bind(channel, address, options.backlog());
            return new NioListener(channel, channel.getLocalAddress(), options);
        } catch (IOException | RuntimeException e) {
            closeAfter(e, channel);
            throw e;
        }
    }

    /** An IPv4 address gets an IPv4 socket; the IPv6 wildcard's socket takes both. */
    static ProtocolFamily family(SocketAddress address) {
        return switch (address) {
            case InetSocketAddress ip when ip.getAddress() instanceof Inet4Address -> StandardProtocolFamily.INET;
            case InetSocketAddress _ -> StandardProtocolFamily.INET6;
            default -> StandardProtocolFamily.UNIX;
        };
    }

    private static void bind(ServerSocketChannel channel, SocketAddress address, int backlog) throws IOException {
        try {
            channel.bind(address, backlog);
        } catch (SocketException e) {
            boolean path = address instanceof UnixDomainSocketAddress;
            if (!path && !(e instanceof BindException)) {
                throw e;
            }
            String message = "cannot listen on " + address + ": " + e.getMessage();
            if (path && e instanceof BindException) {
                message += "; if the file exists, delete it unless a process listens there";
            }
            BindException named = new BindException(message);
            named.initCause(e);
            throw named;
        }
    }

    @Override
    public Endpoint openFile(Path path, FileAccess access) throws IOException {
        return NioFile.open(path, access);
    }

    @Override
    public long sizeOf(Endpoint file) throws IOException {
        return ((NioFile) file).channels.size();
    }

    @Override
    public Endpoint openConnection(ConnectionOptions options) {
        return new NioSocket(options);
    }

    @Override
    public Endpoint openDatagram(SocketAddress local, DatagramOptions options) throws IOException {
        DatagramChannel channel = DatagramChannel.open(family(local));
        try {
            ChannelSettings.beforeBind(channel, local, options.socket());
            ChannelSettings.ofBuffers(channel, options.socket());
            channel.configureBlocking(false);
            try {
                channel.bind(local);
            } catch (BindException e) {
                BindException named =
                        new BindException("cannot open a datagram handle at " + local + ": " + e.getMessage());
                named.initCause(e);
                throw named;
            }
            if (options.peer() != null) {
                channel.connect(options.peer());
            }
            return new NioDatagram(channel, channel.getLocalAddress(), options.peer(), options.receiveBufferSize());
        } catch (IOException | RuntimeException e) {
            closeAfter(e, channel);
            throw e;
        }
    }

    private static void closeAfter(Exception failure, Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void closeUnassociated(Endpoint endpoint) {
        OpenFile file = endpoint.file();
        if (file != null) {
            file.unpin();
            return;
        }
        try {
            ((NioEndpoint) endpoint).closeChannel();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the unassociated endpoint " + endpoint.id() + " failed", e);
        }
    }

    @Override
    public EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException {
        return new NioLoop(options, sink, fileThreads);
    }
}
