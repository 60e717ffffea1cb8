package io.iocp.spring.connection;

import java.util.List;

/** Several listeners, told one after the other. */
record ConnectionListeners(List<ConnectionListener> all) implements ConnectionListener {
    @Override
    public void rejected(String port, String server, String reason) {
        all.forEach(l -> l.rejected(port, server, reason));
    }

    @Override
    public void readerSlow(String port, String owner, long connection, long pendingBytes) {
        all.forEach(l -> l.readerSlow(port, owner, connection, pendingBytes));
    }

    @Override
    public void dropped(String port, String owner, long connection, String reason) {
        all.forEach(l -> l.dropped(port, owner, connection, reason));
    }

    @Override
    public void serverPaused(String port, String server) {
        all.forEach(l -> l.serverPaused(port, server));
    }

    @Override
    public void serverResumed(String port, String server) {
        all.forEach(l -> l.serverResumed(port, server));
    }

    @Override
    public void clientConnected(String port, String client, long connection, String peer) {
        all.forEach(l -> l.clientConnected(port, client, connection, peer));
    }

    @Override
    public void clientLost(String port, String client, String reason) {
        all.forEach(l -> l.clientLost(port, client, reason));
    }
}
