package io.iocp.engine.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.iocp.Needs;
import io.iocp.linux.Errno;
import io.iocp.linux.KernelRelease;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.linux.Memory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UringFeaturesTest {
    private static final KernelRelease KERNEL = KernelRelease.parse("6.6.1");

    @ParameterizedTest
    @CsvSource({
        "1, 2, io_uring_disabled is 2, sysctl kernel.io_uring_disabled=0",
        "1, 1, io_uring_group, add the process to that group",
        "1, 0, seccomp, --security-opt seccomp",
        "1, -1, seccomp, seccompProfile",
        "38, -1, gVisor, seccomp profile",
        "13, -1, SELinux, policy",
        "12, -1, RLIMIT_MEMLOCK, ulimit -l",
        "24, -1, file descriptor, ulimit -n",
        "22, -1, set-up flags, Linux 6.1",
        "999, -1, unknown, nio"
    })
    void shouldNameTheLikelyCauseAndTheRemedyOfARefusal(int errno, int sysctl, String cause, String remedy) {
        UringFeatures refused = UringFeatures.refused(KERNEL, "io_uring_setup failed", errno, sysctl);
        assertFalse(refused.available());
        assertTrue(refused.cause().contains(cause), refused::toString);
        assertTrue(refused.remedy().contains(remedy), refused::toString);
        assertTrue(refused.toString().startsWith("io_uring_setup failed; likely cause: "), refused::toString);
    }

    @Test
    void shouldRefuseAnOldKernelWithoutTouchingIt() {
        UringFeatures old = UringFeatures.probe(KernelRelease.parse("5.15.0-generic"), refusing(Errno.EFAULT));
        assertFalse(old.available());
        assertTrue(old.reason().contains("5.15.0-generic"), old::toString);
    }

    @Test
    @Needs("io_uring")
    void shouldReportTheErrorOfTheSetup() {
        UringFeatures denied = UringFeatures.probe(KERNEL, refusing(Errno.EPERM));
        assertFalse(denied.available());
        assertTrue(denied.reason().contains("EPERM"), denied::toString);
    }

    @Test
    @Needs("io_uring")
    void shouldGiveUpTheNewestFlagsWhenAnOlderKernelDoesNotKnowThem() {
        Libc real = assertInstanceOf(Linux.Available.class, Linux.open()).newLibc();
        Libc older = (Libc) Proxy.newProxyInstance(
                Libc.class.getClassLoader(), new Class<?>[] {Libc.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("ioUringSetup")) {
                        int flags = Memory.getInt((long) arguments[1] + 8);
                        if ((flags & 1 << 16) != 0) {
                            return -Errno.EINVAL;
                        }
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        UringFeatures features = UringFeatures.probe(KERNEL, older);
        assertTrue(features.available(), features::toString);
        assertEquals(0, features.setupFlags() & 1 << 16);
    }

    @Test
    @Needs("io_uring")
    void shouldPassItsSelfTestHere() {
        UringFeatures features = UringFeatures.probe();
        assertTrue(features.available(), features::toString);
        assertTrue(features.toString().contains("self-test passed"), features::toString);
        assertEquals("", features.remedy());
    }

    private static Libc refusing(int errno) {
        return (Libc) Proxy.newProxyInstance(
                Libc.class.getClassLoader(), new Class<?>[] {Libc.class}, (proxy, method, arguments) -> {
                    assertEquals("ioUringSetup", method.getName());
                    return -errno;
                });
    }
}
