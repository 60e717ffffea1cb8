package io.iocp.spring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** A service without any web server, in a process of its own. */
class KeepAliveTest {
    private static final String READY = "listening on ";

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(IocpAutoConfiguration.class)
    static class Service {

        public static void main(String[] arguments) {
            run(Service.class, arguments);
        }

        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(IocpAutoConfiguration.class)
    static class WithoutServer {

        public static void main(String[] arguments) {
            run(WithoutServer.class, arguments);
        }
    }

    private static void run(Class<?> configuration, String... arguments) {
        SpringApplication application = new SpringApplication(configuration);
        application.setWebApplicationType(WebApplicationType.NONE);
        ConfigurableApplicationContext context = application.run(arguments);
        System.out.println(READY + context.getEnvironment().getProperty("local.iocp.echo.port"));
    }

    @Test
    void shouldStayAliveWhileAServerRunsAndEndBySignal() throws Exception {
        Process process = start(Service.class, "--iocp.servers.echo.port=0", "--iocp.servers.echo.address=127.0.0.1");
        try (BufferedReader output = process.inputReader(UTF_8)) {
            int port = Integer.parseInt(lineAfter(READY, output));
            // main has returned, or is about to: a process without the server would end now.
            assertThat(process.waitFor(500, TimeUnit.MILLISECONDS)).isFalse();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(1);
                assertThat(socket.getInputStream().read()).isEqualTo(1);
            }
            process.destroy();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(128 + 15);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldEndByItselfWhenThereIsNoServer() throws Exception {
        Process process = start(WithoutServer.class);
        try (BufferedReader output = process.inputReader(UTF_8)) {
            lineAfter(READY, output);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                "--iocp.engine=nio"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static String lineAfter(String prefix, BufferedReader output) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(prefix)) {
                return line.substring(prefix.length());
            }
            seen.append(line).append('\n');
        }
        throw new AssertionError("the process ended early:\n" + seen);
    }
}
