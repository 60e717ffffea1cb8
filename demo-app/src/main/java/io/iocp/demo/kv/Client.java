package io.iocp.demo.kv;

import org.jspecify.annotations.Nullable;

/**
 * What the server knows of one connected client, as CLIENT INFO tells it.
 *
 * <p>Thread: written by the client's own commands, read by any.
 */
final class Client {

    private final long id;
    private final String remoteAddress;
    private final String localAddress;
    private final long connectedMillis;
    private volatile long activeMillis;
    private volatile String name = "";
    private volatile String library = "";
    private volatile String libraryVersion = "";
    private volatile @Nullable Command lastCommand;
    private volatile boolean leaving;

    Client(long id, String remoteAddress, String localAddress, long nowMillis) {
        this.id = id;
        this.remoteAddress = remoteAddress;
        this.localAddress = localAddress;
        this.connectedMillis = nowMillis;
        this.activeMillis = nowMillis;
    }

    long id() {
        return id;
    }

    String name() {
        return name;
    }

    void rename(String newName) {
        name = newName;
    }

    void library(String newLibrary) {
        library = newLibrary;
    }

    void libraryVersion(String version) {
        libraryVersion = version;
    }

    void active(long nowMillis) {
        activeMillis = nowMillis;
    }

    void ran(Command command) {
        lastCommand = command;
    }

    /** Whether the client said QUIT: its connection is closed after what was replied. */
    boolean leaving() {
        return leaving;
    }

    void leave() {
        leaving = true;
    }

    /** One line of CLIENT LIST, without its end. */
    String describe(long nowMillis) {
        Command last = lastCommand;
        return "id=" + id + " addr=" + remoteAddress + " laddr=" + localAddress + " name=" + name + " age="
                + (nowMillis - connectedMillis) / 1000 + " idle=" + (nowMillis - activeMillis) / 1000
                + " flags=N db=0 cmd=" + (last == null ? "NULL" : last.name()) + " user=default resp=2 lib-name="
                + library + " lib-ver=" + libraryVersion;
    }
}
