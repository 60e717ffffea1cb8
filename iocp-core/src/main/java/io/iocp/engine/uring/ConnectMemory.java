package io.iocp.engine.uring;

import io.iocp.linux.SockAddr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;

/** The address of a connect, where the kernel reads it: alive as long as its request. Thread: shard holder. */
final class ConnectMemory {
    private final MemorySegment memory = Arena.ofAuto().allocate(SockAddr.MAX_BYTES, 8);
    private int length;

    void set(SocketAddress remote, int family) {
        length = SockAddr.encode(remote, family, memory.address());
    }

    long address() {
        return memory.address();
    }

    int length() {
        return length;
    }
}
