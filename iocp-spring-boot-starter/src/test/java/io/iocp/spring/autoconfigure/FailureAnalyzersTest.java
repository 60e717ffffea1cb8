package io.iocp.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.iocp.spring.annotation.IoCompletionHandler;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application that does not start because of us says why, and what to do, and not with a stack trace. */
@ExtendWith(OutputCaptureExtension.class)
class FailureAnalyzersTest {

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({SslAutoConfiguration.class, IocpAutoConfiguration.class})
    static class Application {
        public static void main(String[] arguments) {
            SpringApplication application = new SpringApplication(Application.class);
            application.setWebApplicationType(WebApplicationType.NONE);
            application.run(arguments).close();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoHandlers extends Application {
        @Bean
        Handlers first() {
            return new Handlers();
        }

        @Bean
        Handlers second() {
            return new Handlers();
        }
    }

    static class Handlers {
        @IoCompletionHandler(server = "echo")
        String received(String text) {
            return text;
        }
    }

    @Test
    void everyAnalyzerIsRegistered() throws Exception {
        Path classes = Path.of(IocpAutoConfiguration.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Properties factories = new Properties();
        try (Reader reader = Files.newBufferedReader(classes.resolve("META-INF/spring.factories"))) {
            factories.load(reader);
        }
        String registered = factories.getProperty(FailureAnalyzer.class.getName());
        try (Stream<Path> files = Files.walk(classes)) {
            assertThat(files.map(file -> classes.relativize(file).toString())
                            .filter(name -> name.endsWith("FailureAnalyzer.class"))
                            .map(name -> name.replace('/', '.').replace(".class", "")))
                    .isNotEmpty()
                    .isSubsetOf(registered.split(","));
        }
    }

    @Test
    void aPortInUse(CapturedOutput output) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fails(
                    Application.class,
                    "--iocp.servers.echo.port=" + taken.getLocalPort(),
                    "--iocp.servers.echo.address=127.0.0.1");
            assertThat(output)
                    .contains("APPLICATION FAILED TO START")
                    .contains("Server 'echo' cannot listen on /127.0.0.1:" + taken.getLocalPort())
                    .contains("'iocp.servers.echo.port'");
        }
    }

    @Test
    void aBundleThatIsNotThere(CapturedOutput output) {
        fails(Application.class, "--iocp.servers.echo.port=0", "--iocp.servers.echo.ssl.bundle=nowhere");
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("nowhere")
                .contains("iocp.servers.echo.ssl.bundle");
    }

    @Test
    void twoHandlersOfOneServer(CapturedOutput output) {
        fails(TwoHandlers.class, "--iocp.servers.echo.port=0");
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("first")
                .contains("second");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void nativeAccessThatIsDenied() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--illegal-native-access=deny",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Application.class.getName(),
                "--iocp.engine=io-uring"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isNotZero();
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("denies native access")
                .contains("--enable-native-access=ALL-UNNAMED")
                .contains("Enable-Native-Access: ALL-UNNAMED")
                .contains("'iocp.engine' to 'auto'");
    }

    private static void fails(Class<?> application, String... arguments) {
        SpringApplication starting = new SpringApplication(application);
        starting.setWebApplicationType(WebApplicationType.NONE);
        assertThat(catchThrowable(() -> starting.run(arguments).close())).isNotNull();
    }
}
