package io.iocp.spring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Servers from properties with annotated handlers, seen by a plain socket. */
class TcpServerTest {

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
            .withPropertyValues(
                    "iocp.servers.echo.port=0", "iocp.servers.echo.address=127.0.0.1", "iocp.concurrency=2");

    static class Echo {
        @IoCompletionHandler(server = "echo")
        ByteBuffer echo(ByteBuffer data) {
            return data;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "auto"})
    void shouldEcho(String engine) {
        application
                .withPropertyValues("iocp.engine=" + engine)
                .withBean(Echo.class)
                .run(context -> {
                    try (Socket socket = connect(context, "echo")) {
                        socket.getOutputStream().write("hello".getBytes(UTF_8));
                        assertThat(new String(socket.getInputStream().readNBytes(5), UTF_8))
                                .isEqualTo("hello");
                    }
                });
    }

    private static Socket connect(ApplicationContext context, String server) throws IOException {
        int port = context.getEnvironment().getRequiredProperty("local.iocp." + server + ".port", Integer.class);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(10_000);
        return socket;
    }
}
