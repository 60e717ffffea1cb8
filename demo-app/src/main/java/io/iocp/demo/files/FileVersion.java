package io.iocp.demo.files;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What tells one state of a file from another, and what a client may keep to ask again.
 *
 * @param key which file it is (device and inode); null where the platform has none
 * @param lastModified the second of the last change, as HTTP writes it
 */
record FileVersion(
        @Nullable Object key,
        long size,
        long modifiedNanos,
        long modifiedSecond,
        String lastModified,
        String entityTag) {

    static FileVersion of(BasicFileAttributes attributes) {
        long nanos = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        long second = Math.floorDiv(nanos, TimeUnit.SECONDS.toNanos(1));
        long size = attributes.size();
        return new FileVersion(
                attributes.fileKey(), size, nanos, second, HttpDate.format(second), EntityTags.of(nanos, size));
    }

    /** Whether a file with these attributes is still this one and unchanged. */
    boolean isStill(BasicFileAttributes attributes) {
        return attributes.isRegularFile()
                && attributes.size() == size
                && attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS) == modifiedNanos
                && (key == null || key.equals(attributes.fileKey()));
    }
}
