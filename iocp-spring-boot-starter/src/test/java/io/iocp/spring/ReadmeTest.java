package io.iocp.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.DefaultResourceLoader;

/** Holds the README to what is there: its example compiles and answers. */
class ReadmeTest {
    private static final Path ROOT = root();

    @Test
    void theExampleCompilesStartsAndAnswers(@TempDir Path classes) throws Exception {
        compile(example(), classes);
        try (URLClassLoader loader = new URLClassLoader(
                        new URL[] {classes.toUri().toURL()}, getClass().getClassLoader());
                ConfigurableApplicationContext context = new SpringApplicationBuilder(
                                loader.loadClass("com.example.ShoutServer"))
                        .resourceLoader(new DefaultResourceLoader(loader))
                        .web(WebApplicationType.NONE)
                        .run("--iocp.servers.shout.port=0", "--iocp.servers.shout.address=127.0.0.1")) {
            int port = context.getEnvironment().getRequiredProperty("local.iocp.shout.port", Integer.class);
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                client.setSoTimeout(20_000);
                client.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
                String expected = "/127.0.0.1:" + client.getLocalPort() + " says HELLO";
                assertThat(new String(client.getInputStream().readNBytes(expected.length()), StandardCharsets.UTF_8))
                        .isEqualTo(expected);
            }
        }
    }

    private static String example() throws IOException {
        String readme = readme();
        int begin = readme.indexOf("```java\n") + "```java\n".length();
        return readme.substring(begin, readme.indexOf("```", begin));
    }

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    private static void compile(String source, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject file =
                new SimpleJavaFileObject(
                        URI.create("string:///com/example/ShoutServer.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(classes));
            StringWriter said = new StringWriter();
            boolean compiled = compiler.getTask(
                            said, files, null, List.of("-parameters", "-proc:none"), null, List.of(file))
                    .call();
            assertThat(compiled).as(said.toString()).isTrue();
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("README.md"))) {
            folder = Objects.requireNonNull(folder.getParent(), "no README.md above the module");
        }
        return folder;
    }
}
