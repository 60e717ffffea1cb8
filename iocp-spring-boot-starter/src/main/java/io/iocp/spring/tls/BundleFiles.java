package io.iocp.spring.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.StringUtils;

/**
 * The files of a bundle that Boot watches ({@code reload-on-update}): whether they have changed, and what is in them now. Boot's
 * watcher logs a change that it cannot load and calls nobody, so this is where such a change is found.
 *
 * <p>Thread: any.
 */
final class BundleFiles {
    private final List<Path> paths;
    private final Supplier<SslBundle> loader;
    private final Duration quietPeriod;

    private BundleFiles(List<Path> paths, Supplier<SslBundle> loader, Duration quietPeriod) {
        this.paths = List.copyOf(paths);
        this.loader = loader;
        this.quietPeriod = quietPeriod;
    }

    /** The files of the bundle of this name; null if Boot does not watch it. */
    static @Nullable BundleFiles of(String bundle, SslProperties properties, ResourceLoader resources) {
        Duration quietPeriod = properties.getBundle().getWatch().getFile().getQuietPeriod();
        PemSslBundleProperties pem = watched(properties.getBundle().getPem(), bundle);
        if (pem != null) {
            return new BundleFiles(
                    paths(
                            resources,
                            pem.getKeystore().getPrivateKey(),
                            pem.getKeystore().getCertificate(),
                            pem.getTruststore().getPrivateKey(),
                            pem.getTruststore().getCertificate()),
                    () -> PropertiesSslBundle.get(pem, resources),
                    quietPeriod);
        }
        JksSslBundleProperties jks = watched(properties.getBundle().getJks(), bundle);
        if (jks != null) {
            return new BundleFiles(
                    paths(
                            resources,
                            jks.getKeystore().getLocation(),
                            jks.getTruststore().getLocation()),
                    () -> PropertiesSslBundle.get(jks, resources),
                    quietPeriod);
        }
        return null;
    }

    private static <P extends SslBundleProperties> @Nullable P watched(Map<String, P> bundles, String name) {
        P properties = bundles.get(name);
        return properties == null || !properties.isReloadOnUpdate() ? null : properties;
    }

    private static List<Path> paths(ResourceLoader resources, @Nullable String... locations) {
        List<Path> paths = new ArrayList<>();
        for (String location : locations) {
            if (!StringUtils.hasText(location) || PemContent.isPresentInText(location)) {
                continue;
            }
            Resource resource = resources.getResource(location);
            try {
                if (resource.isFile()) {
                    paths.add(resource.getFile().toPath());
                }
            } catch (IOException e) {
                // What is no file cannot be watched: Boot has refused such a bundle already.
            }
        }
        return paths;
    }

    /** How long Boot waits for the files to come to rest before it loads them. */
    Duration quietPeriod() {
        return quietPeriod;
    }

    /** Equal as long as no file has changed. Costs two look-ups for each file. */
    List<String> stamp() {
        List<String> stamp = new ArrayList<>(paths.size());
        for (Path path : paths) {
            try {
                Path real = path.toRealPath(); // of a Kubernetes secret it is this that changes
                BasicFileAttributes file = Files.readAttributes(real, BasicFileAttributes.class);
                stamp.add(real + " " + file.fileKey() + " " + file.lastModifiedTime() + " " + file.size());
            } catch (IOException e) {
                stamp.add(path + " " + e);
            }
        }
        return stamp;
    }

    /**
     * What is in them now, as {@link BundleCheck#identity} tells.
     *
     * @throws UnusableBundleException if it cannot be read
     */
    String identity(String bundle) {
        try {
            return BundleCheck.identity(bundle, loader.get());
        } catch (UnusableBundleException e) {
            throw e;
        } catch (RuntimeException e) {
            throw BundleCheck.unreadable(bundle, e);
        }
    }
}
