package io.iocp.operation;

/** An operation on one datagram. What goes wrong with it is its own affair: the endpoint works on. */
public abstract sealed class DatagramOperation extends Operation permits DatagramReceive, DatagramSend {
    DatagramOperation(Object packet) {
        super(packet);
    }
}
