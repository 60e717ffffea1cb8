package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.KernelRelease;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Memory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether io_uring works here, found out by trying, and if not, why and what to do about it.
 *
 * @param available true if the engine can be used
 * @param reason one sentence: what was found
 * @param cause the likely cause; empty when available or told by the reason
 * @param remedy what helps; empty when available
 * @param handOverFault why a ring must stay with its thread here; empty if it may change hands
 * @param kernel the kernel's release, empty where there is none to ask
 * @param setupFlags flags that the kernel accepted
 * @param features feature bits that it reported
 */
public record UringFeatures(
        boolean available,
        String reason,
        String cause,
        String remedy,
        String handOverFault,
        String kernel,
        int setupFlags,
        int features) {

    /** Older kernels lack multishot receive or have known faults in it. */
    private static final int OLDEST_MAJOR = 6;

    private static final int OLDEST_MINOR = 1;

    private static final Path SYSCTL = Path.of("/proc/sys/kernel/io_uring_disabled");

    private static final int[] NEEDED_OPCODES = {
        UringAbi.OP_NOP,
        UringAbi.OP_POLL_ADD,
        UringAbi.OP_SENDMSG,
        UringAbi.OP_RECVMSG,
        UringAbi.OP_ACCEPT,
        UringAbi.OP_ASYNC_CANCEL,
        UringAbi.OP_CONNECT,
        UringAbi.OP_READ,
        UringAbi.OP_SEND,
        UringAbi.OP_RECV
    };

    private static final int NEEDED_FEATURES = UringAbi.FEAT_SINGLE_MMAP
            | UringAbi.FEAT_NODROP
            | UringAbi.FEAT_SUBMIT_STABLE
            | UringAbi.FEAT_FAST_POLL
            | UringAbi.FEAT_EXT_ARG
            | UringAbi.FEAT_NATIVE_WORKERS
            | UringAbi.FEAT_CQE_SKIP;

    /** Tries everything that the engine uses: a ring, its opcodes and features, and ten operations on loopback. */
    public static UringFeatures probe() {
        return switch (Linux.open()) {
            case Linux.Unavailable no ->
                unavailable("", "system calls cannot be made: " + no.reason(), "", no.remedy());
            case Linux.Available linux -> probe(linux.kernel(), linux.newLibc());
        };
    }

    static UringFeatures probe(KernelRelease kernel, Libc libc) {
        if (!kernel.isAtLeast(OLDEST_MAJOR, OLDEST_MINOR)) {
            return unavailable(
                    kernel.text(),
                    "the kernel is " + kernel + ", older than 6.1",
                    "older kernels lack what the engine relies on",
                    "run on Linux 6.1 or newer");
        }
        Ring ring;
        try {
            ring = Ring.open(libc, 64, 256);
        } catch (LinuxException refused) {
            return refused(kernel, refused.getMessage(), refused.errno(), readSysctl());
        }
        try {
            List<String> missing = missing(ring);
            if (!missing.isEmpty()) {
                return unavailable(
                        kernel.text(),
                        "io_uring lacks " + String.join(", ", missing),
                        "the kernel's io_uring is reduced or emulated",
                        "run on an unmodified Linux 6.1 or newer");
            }
            UringSelfTest test = new UringSelfTest(libc, ring);
            String failed = test.run();
            if (failed != null) {
                return unavailable(
                        kernel.text(),
                        "the io_uring self-test failed: " + failed,
                        "a fault or restriction of this kernel or sandbox",
                        "choose the nio engine, or run on another kernel");
            }
            String fault = test.handOverFault();
            return new UringFeatures(
                    true,
                    "io_uring works on kernel " + kernel + " (self-test passed"
                            + (fault.isEmpty()
                                    ? ")"
                                    : ", but a shard stays with its worker even while a handler blocks: " + fault
                                            + ")"),
                    "",
                    "",
                    fault,
                    kernel.text(),
                    ring.setupFlags(),
                    ring.features());
        } finally {
            ring.close();
        }
    }

    private static List<String> missing(Ring ring) {
        List<String> missing = new ArrayList<>();
        int absent = NEEDED_FEATURES & ~ring.features();
        if (absent != 0) {
            missing.add("feature bits 0x" + Integer.toHexString(absent));
        }
        int slots = 64;
        try (Arena arena = Arena.ofConfined()) {
            long probe = arena.allocate(UringAbi.PROBE_OPS + (long) slots * UringAbi.PROBE_OP_BYTES, 8)
                    .address();
            int result = ring.register(UringAbi.REGISTER_PROBE, probe, slots);
            if (result < 0) {
                missing.add("the probe of opcodes (" + Errno.name(result) + ")");
                return missing;
            }
            int last = Memory.getByte(probe + UringAbi.PROBE_LAST_OP) & 0xff;
            for (int opcode : NEEDED_OPCODES) {
                long entry = probe + UringAbi.PROBE_OPS + (long) opcode * UringAbi.PROBE_OP_BYTES;
                if (opcode > last
                        || (Memory.getShort(entry + UringAbi.PROBE_OP_FLAGS) & UringAbi.PROBE_OP_SUPPORTED) == 0) {
                    missing.add("opcode " + opcode);
                }
            }
        }
        return missing;
    }

    /** What an error of io_uring_setup most likely means. {@code sysctl} is kernel.io_uring_disabled, -1 if unknown. */
    static UringFeatures refused(KernelRelease kernel, String message, int errno, int sysctl) {
        String allowCalls =
                "allow io_uring_setup, io_uring_enter and io_uring_register in the container's seccomp profile"
                        + " (docker: --security-opt seccomp=profile.json; Kubernetes: securityContext.seccompProfile)";
        String cause;
        String remedy;
        switch (errno) {
            case Errno.EPERM -> {
                if (sysctl == 2) {
                    cause = "kernel.io_uring_disabled is 2: nobody may use io_uring";
                    remedy = "sysctl kernel.io_uring_disabled=0 on the host";
                } else if (sysctl == 1) {
                    cause = "kernel.io_uring_disabled is 1: only members of kernel.io_uring_group may use io_uring";
                    remedy = "add the process to that group, or sysctl kernel.io_uring_disabled=0 on the host";
                } else {
                    cause = "a seccomp profile forbids io_uring, as the default ones of Docker, containerd and"
                            + " Kubernetes do";
                    remedy = allowCalls;
                }
            }
            case Errno.ENOSYS -> {
                cause = "a seccomp profile hides io_uring, the kernel was built without it, or this is a sandbox"
                        + " such as gVisor";
                remedy = allowCalls + ", or run on an ordinary kernel";
            }
            case Errno.EACCES -> {
                cause = "a security module (SELinux, AppArmor, a BPF policy) forbids io_uring";
                remedy = "allow the io_uring permissions in that policy";
            }
            case Errno.ENOMEM -> {
                cause =
                        "the memory limit of the process (RLIMIT_MEMLOCK) or of its control group is too low for a ring";
                remedy = "raise 'ulimit -l' or the container's memory limit";
            }
            case Errno.EMFILE, Errno.ENFILE -> {
                cause = "no file descriptor is left";
                remedy = "raise 'ulimit -n'";
            }
            case Errno.EINVAL -> {
                cause = "the kernel does not know the set-up flags that Linux 6.1 has";
                remedy = "run on Linux 6.1 or newer";
            }
            default -> {
                cause = "unknown";
                remedy = "choose the nio engine";
            }
        }
        return unavailable(kernel.text(), message, cause, remedy);
    }

    private static UringFeatures unavailable(String kernel, String reason, String cause, String remedy) {
        return new UringFeatures(false, reason, cause, remedy, "", kernel, 0, 0);
    }

    private static int readSysctl() {
        try {
            return Integer.parseInt(Files.readString(SYSCTL).strip());
        } catch (IOException | NumberFormatException absent) {
            return -1;
        }
    }

    /** One line for the log: what was found, the likely cause and the remedy. */
    @Override
    public String toString() {
        return reason
                + (cause.isEmpty() ? "" : "; likely cause: " + cause)
                + (remedy.isEmpty() ? "" : "; remedy: " + remedy);
    }
}
