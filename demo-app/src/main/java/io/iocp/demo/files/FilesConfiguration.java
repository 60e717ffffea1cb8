package io.iocp.demo.files;

import io.iocp.CompletionPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the site and its responses together. */
@Configuration(proxyBeanMethods = false)
class FilesConfiguration {

    /** Files that are kept open for the next request. Each is a descriptor; where there are few, a thousand may be all. */
    private static final int MOST_OPEN_FILES = 512;

    @Bean
    SampleSite sampleSite() {
        return new SampleSite();
    }

    @Bean
    Site filesSite(CompletionPort port, SampleSite sample, @Value("${demo.files.root:}") String root)
            throws IOException {
        Path directory = root.isEmpty() ? sample.unpack() : Path.of(root);
        if (!Files.isDirectory(directory)) {
            throw new IllegalStateException("demo.files.root=" + root
                    + " is no directory: name one that is there, or leave it empty for the bundled sample");
        }
        Site site = new Site(port, directory, MOST_OPEN_FILES);
        site.warmUp();
        return site;
    }

    @Bean
    Responder filesResponder(Site site, CompletionPort port) {
        return new Responder(site, new HttpClock(InstantSource.system()), port::blocking);
    }
}
