package io.iocp.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A kernel release such as {@code 6.18.44-generic}, comparable by its first two numbers. */
public record KernelRelease(int major, int minor, String text) {
    private static final Pattern LEADING_NUMBERS = Pattern.compile("(\\d{1,6})\\.(\\d{1,6}).*", Pattern.DOTALL);
    private static final Path OS_RELEASE = Path.of("/proc/sys/kernel/osrelease");

    /** Reads a release as {@code uname -r} prints it; an unreadable one counts as 0.0. */
    public static KernelRelease parse(String text) {
        Matcher numbers = LEADING_NUMBERS.matcher(text);
        return numbers.matches()
                ? new KernelRelease(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)), text)
                : new KernelRelease(0, 0, text);
    }

    /** The kernel that runs now; where /proc is hidden, what the JVM says about it. */
    public static KernelRelease running() {
        try {
            return parse(Files.readString(OS_RELEASE).strip());
        } catch (IOException hidden) {
            return parse(System.getProperty("os.version", ""));
        }
    }

    public boolean isAtLeast(int wantedMajor, int wantedMinor) {
        return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
    }

    @Override
    public String toString() {
        return text;
    }
}
