package io.iocp.benchmarks.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.Stream;

/** A temporary directory with the files that are served, and with what nginx needs. */
final class Site implements AutoCloseable {
    private static final String SMALL = "10k.bin";
    private static final String MIDDLE = "1m.bin";
    static final int SMALL_BYTES = 10 << 10;
    static final int MIB = 1 << 20;
    /** What nginx is told about serving: sendfile, and descriptors of files kept, as the other server keeps them. */
    static final String NGINX_SETTINGS =
            "sendfile on; tcp_nopush on; keepalive_requests 1000000000;" + " open_file_cache max=1000; access_log off;";

    private final Path directory;

    private Site(Path directory) {
        this.directory = directory;
    }

    /**
     * Writes the files, which are in the page cache then.
     *
     * @param bigMib size of the large one
     */
    static Site create(int bigMib) throws IOException {
        Site site = new Site(Files.createTempDirectory("benchmark-files"));
        // Workers of an nginx that root has started are nobody.
        Files.setPosixFilePermissions(site.directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectory(site.root());
        Random random = new Random(1);
        byte[] bytes = new byte[MIB];
        random.nextBytes(bytes);
        Files.write(site.root().resolve(MIDDLE), bytes);
        Files.write(site.root().resolve(SMALL), Arrays.copyOf(bytes, SMALL_BYTES));
        try (OutputStream big = Files.newOutputStream(site.root().resolve(big(bigMib)))) {
            for (int written = 0; written < bigMib; written++) {
                big.write(bytes);
            }
        }
        return site;
    }

    Path root() {
        return directory.resolve("www");
    }

    static String small() {
        return SMALL;
    }

    static String middle() {
        return MIDDLE;
    }

    static String big(int mib) {
        return mib + "m-big.bin";
    }

    /** Writes the configuration of an nginx with one worker that serves this site. */
    Path nginxConfiguration(int port) throws IOException {
        String text = """
                daemon off;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx.log;
                events { worker_connections 1024; }
                http {
                  default_type application/octet-stream;
                  %3$s
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi;
                  server { listen 127.0.0.1:%2$d; root %1$s/www; }
                }
                """.formatted(directory, port, NGINX_SETTINGS);
        return Files.writeString(directory.resolve("nginx.conf"), text);
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
