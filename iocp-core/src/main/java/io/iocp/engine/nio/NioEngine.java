package io.iocp.engine.nio;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.ListenOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;

/** Opens endpoints and loops on {@link java.nio.channels}; runs on every platform. Thread: any. */
public final class NioEngine implements Engine {
    private static final EngineCapabilities CAPABILITIES =
            new EngineCapabilities("nio", false, false, false, true, true);

    @Override
    public EngineCapabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public Endpoint listen(InetSocketAddress address, ListenOptions options) throws IOException {
        if (address.isUnresolved()) {
            throw new UnknownHostException("cannot listen on " + address + ": the name is not known");
        }
        // An IPv4 address gets an IPv4 socket; the IPv6 wildcard's socket takes both.
        ProtocolFamily family = address.getAddress() instanceof Inet4Address
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6;
        ServerSocketChannel channel = ServerSocketChannel.open(family);
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.configureBlocking(false);
            bind(channel, address, options.backlog());
            if (channel.getLocalAddress() instanceof InetSocketAddress local) {
                return new NioListener(channel, local, options);
            }
            throw new IOException("the listener on " + address + " has no address");
        } catch (IOException | RuntimeException e) {
            try {
                channel.close();
            } catch (IOException f) {
                e.addSuppressed(f);
            }
            throw e;
        }
    }

    private static void bind(ServerSocketChannel channel, InetSocketAddress address, int backlog) throws IOException {
        try {
            channel.bind(address, backlog);
        } catch (BindException e) {
            BindException named = new BindException("cannot listen on " + address + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    @Override
    public void closeUnassociated(Endpoint endpoint) {
        try {
            ((NioEndpoint) endpoint).closeChannel();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the unassociated endpoint " + endpoint.id() + " failed", e);
        }
    }

    @Override
    public EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException {
        return new NioLoop(options, sink);
    }
}
