package io.iocp.linux;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * Whether this JVM can make Linux system calls, as data: opening never throws.
 *
 * <p>Thread: any.
 */
public sealed interface Linux {

    /** System calls work here. */
    record Available(KernelRelease kernel) implements Linux {
        /** A new instance for one thread or loop; see {@link Libc}. */
        public Libc newLibc() {
            return new FfmLibc();
        }
    }

    /** System calls cannot be made, and what to do about it. */
    record Unavailable(String reason, String remedy) implements Linux {}

    /** Finds out, without ever failing to initialise a class that a caller might touch later. */
    static Linux open() {
        String system = System.getProperty("os.name", "");
        String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        if (!system.equals("Linux")) {
            return new Unavailable("the operating system is " + system + ", not Linux", "run on Linux");
        }
        if (!architecture.equals("amd64") && !architecture.equals("aarch64")) {
            return new Unavailable(
                    "the architecture is " + architecture + ", not x86-64 or aarch64", "run on x86-64 or aarch64");
        }
        try {
            // The cheapest restricted method, tried here so that no static initialiser below meets the refusal first.
            askForNativeAccess();
            new FfmLibc().gettid();
            return new Available(KernelRelease.running());
        } catch (IllegalCallerException denied) {
            return new Unavailable(
                    "this JVM denies native access (" + denied.getMessage() + ")",
                    "start java with --enable-native-access=ALL-UNNAMED, or put"
                            + " 'Enable-Native-Access: ALL-UNNAMED' in the manifest of the executable jar");
        } catch (LinkageError | UnsupportedOperationException unlinked) {
            Throwable cause = unlinked.getCause() == null ? unlinked : unlinked.getCause();
            return new Unavailable(
                    "the C library cannot be linked (" + cause + ")", "run on a Linux with glibc 2.30 or newer");
        }
    }

    @SuppressWarnings("restricted")
    private static void askForNativeAccess() {
        MemorySegment.NULL.reinterpret(1);
    }
}
