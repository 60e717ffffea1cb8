package io.iocp.operation;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Connects an endpoint that is not connected, with a new descriptor, and may send the first bytes. */
public final class Connect extends Operation {
    /** Where to; set while it is in flight. */
    @Nullable
    public SocketAddress remote;

    /** The address to be bound to; null = the kernel chooses. */
    @Nullable
    public SocketAddress local;

    /** What is sent once the connection stands, as a part; null for nothing. */
    @Nullable
    public Send data;

    public Connect(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.CONNECT;
    }

    @Override
    public boolean isOutput() {
        return true;
    }

    @Override
    public void settle() {
        Send sent = data;
        if (sent != null) {
            data = null;
            sent.settle();
        }
        Endpoint of = endpoint;
        if (of != null && status != Status.OK) {
            of.move(
                    Endpoint.Connection.CLAIMED,
                    Endpoint.Connection.NONE); // unless it stands, and only the data failed
        }
    }
}
