package io.iocp.demo.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A directory with a certificate, made and renewed the way the kubelet does it: the files are links into {@code ..data}, which is
 * itself a link to a directory of one version, and put over in one step.
 */
final class MountedSecret {
    private final Path directory;
    private int version;

    /** Makes the first version. */
    MountedSecret(Path directory) throws IOException {
        this.directory = directory;
        renew();
        for (String file : List.of(SelfSignedCertificate.CERTIFICATE, SelfSignedCertificate.KEY)) {
            Files.createSymbolicLink(directory.resolve(file), Path.of("..data", file));
        }
    }

    Path certificate() {
        return directory.resolve(SelfSignedCertificate.CERTIFICATE);
    }

    Path key() {
        return directory.resolve(SelfSignedCertificate.KEY);
    }

    /** Puts a new version in the place of the last one, and removes that; returns the serial number of the new certificate. */
    BigInteger renew() throws IOException {
        Path before = directory.resolve("..version_" + version);
        Path next = directory.resolve("..version_" + ++version);
        SelfSignedCertificate.start(next, List.of("localhost")).await();
        Path link = Files.createSymbolicLink(directory.resolve("..data_tmp"), next.getFileName());
        Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        if (Files.exists(before)) {
            Files.delete(before.resolve(SelfSignedCertificate.CERTIFICATE));
            Files.delete(before.resolve(SelfSignedCertificate.KEY));
            Files.delete(before);
        }
        return Trust.certificate(next.resolve(SelfSignedCertificate.CERTIFICATE))
                .getSerialNumber();
    }
}
