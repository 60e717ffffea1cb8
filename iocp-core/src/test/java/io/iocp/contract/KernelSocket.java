package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.NeedsCondition;
import io.iocp.linux.Linux;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A socket of this process as the kernel knows it, found by its port numbers, for a test that reads its options. */
final class KernelSocket {
    private final int fd;
    private final Sockets sockets;

    private KernelSocket(int fd, Sockets sockets) {
        this.fd = fd;
        this.sockets = sockets;
    }

    /** @param remote null for a listener, or a datagram socket without a peer */
    static KernelSocket of(String protocol, SocketAddress local, @Nullable SocketAddress remote) throws IOException {
        NeedsCondition.require("linux"); // options are read with system calls
        Linux.Available linux = (Linux.Available) Linux.open();
        int localPort = ((InetSocketAddress) local).getPort();
        int remotePort = remote == null ? 0 : ((InetSocketAddress) remote).getPort();
        for (String table : List.of(protocol, protocol + "6")) {
            for (String line : Files.readAllLines(Path.of("/proc/self/net/" + table))) {
                String[] fields = line.trim().split("\\s+", -1);
                if (fields.length > 9 && port(fields[1]) == localPort && port(fields[2]) == remotePort) {
                    int fd = descriptorOf(fields[9]);
                    if (fd >= 0) {
                        return new KernelSocket(fd, new Sockets(linux.newLibc()));
                    }
                }
            }
        }
        throw new AssertionError("no " + protocol + " socket of this process has " + local + " and " + remote);
    }

    int option(int level, int option) throws LinuxException {
        return sockets.option(fd, level, option);
    }

    private static int port(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 || address.length() - colon != 5 ? -1 : Integer.parseInt(address.substring(colon + 1), 16);
    }

    private static int descriptorOf(String inode) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
                if (isSocket(descriptor, inode)) {
                    return Integer.parseInt(descriptor.getFileName().toString());
                }
            }
        }
        return -1;
    }

    private static boolean isSocket(Path descriptor, String inode) {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals("socket:[" + inode + "]");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    void has(int level, int option, int value) throws LinuxException {
        assertThat(option(level, option))
                .as("option %d of level %d", option, level)
                .isEqualTo(value);
    }
}
