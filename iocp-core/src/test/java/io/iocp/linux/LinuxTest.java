package io.iocp.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.iocp.Needs;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LinuxTest {
    @Test
    void shouldReadTheNumbersOfAKernelRelease() {
        assertTrue(KernelRelease.parse("6.18.44-generic").isAtLeast(6, 1));
        assertTrue(KernelRelease.parse("6.1.0").isAtLeast(6, 1));
        assertTrue(KernelRelease.parse("10.0").isAtLeast(6, 1));
        assertFalse(KernelRelease.parse("6.0.9").isAtLeast(6, 1));
        assertFalse(KernelRelease.parse("5.15.90.1-microsoft-standard-WSL2").isAtLeast(6, 1));
        assertFalse(KernelRelease.parse("unknown").isAtLeast(1, 0));
    }

    @Test
    void shouldNameErrorsWhicheverSignTheyHave() {
        assertEquals("ECONNRESET", Errno.name(104));
        assertEquals("ECONNRESET", Errno.name(-104));
        assertEquals("errno 4095", Errno.name(4095));
    }

    @Test
    @Needs("io_uring")
    void shouldReturnTheNegatedErrorNumber() {
        Libc libc = libc();
        assertEquals(-Errno.EBADF, libc.close(-1));
        assertEquals(-Errno.EBADF, libc.read(-1, 0, 0));
        assertTrue(libc.gettid() > 0);
    }

    @Test
    @Needs("io_uring")
    void shouldListenConnectAndNameBothEnds() throws Exception {
        Libc libc = libc();
        Sockets sockets = new Sockets(libc);
        int listener = sockets.listen(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1);
        int client = sockets.connect(sockets.localAddress(listener));
        assertEquals(sockets.localAddress(listener), sockets.remoteAddress(client));
        sockets.setOption(client, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        assertEquals(1, sockets.option(client, Libc.IPPROTO_TCP, Libc.TCP_NODELAY));
        LinuxException inUse =
                assertThrows(LinuxException.class, () -> sockets.listen(sockets.localAddress(listener), 1));
        assertEquals(Errno.EADDRINUSE, inUse.errno());
        assertEquals(0, libc.close(client));
        assertEquals(0, libc.close(listener));
    }

    @Test
    @Needs("io_uring")
    void shouldCountWakesInAnEventfd() {
        Libc libc = libc();
        int eventfd = libc.eventfd(0, Libc.EFD_CLOEXEC);
        libc.wake(eventfd);
        libc.wake(eventfd);
        try (Arena arena = Arena.ofConfined()) {
            long counter = arena.allocate(8, 8).address();
            assertEquals(8, libc.read(eventfd, counter, 8));
            assertEquals(2, Memory.getLong(counter));
        }
        libc.close(eventfd);
    }

    @Test
    void shouldSayWhyInsteadOfFailingWhenNativeAccessIsDenied() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process process = new ProcessBuilder(
                        java.toString(),
                        "--illegal-native-access=deny",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OpenLinux.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        if (System.getProperty("os.name").equals("Linux")) {
            assertTrue(output.contains("--enable-native-access=ALL-UNNAMED"), output);
        }
    }

    /** Runs in a JVM of its own. */
    static final class OpenLinux {
        public static void main(String[] arguments) {
            System.out.println(Linux.open());
        }
    }

    static Libc libc() {
        return assertInstanceOf(Linux.Available.class, Linux.open()).newLibc();
    }
}
