package io.iocp.operation;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A connection without a descriptor. */
final class Peerless extends Endpoint {
    private static final InetSocketAddress NOWHERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    Peerless() {
        super(Kind.CONNECTION, NOWHERE, NOWHERE);
    }
}
