package io.iocp.spring.handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.iocp.EngineChoice;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import java.io.IOException;
import java.net.Socket;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** An application with a line-framed server 'lines' and one without framing, 'raw', and the sockets of their clients. */
final class HandlerApplication {
    private HandlerApplication() {}

    static ApplicationContextRunner with(EngineChoice engine, Class<?>... handlers) {
        ApplicationContextRunner runner = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues(
                        "iocp.servers.lines.port=0",
                        "iocp.servers.lines.address=127.0.0.1",
                        "iocp.servers.lines.framing.type=line",
                        "iocp.servers.raw.port=0",
                        "iocp.servers.raw.address=127.0.0.1",
                        "iocp.concurrency=2",
                        "iocp.engine=" + engine);
        for (Class<?> handler : handlers) {
            runner = runner.withBean(handler);
        }
        return runner;
    }

    static TcpServer server(ApplicationContext context, String name) {
        return requireNonNull(context.getBean(TcpServers.class).server(name));
    }

    static Socket connect(ApplicationContext context, String server) throws IOException {
        Socket socket = new Socket();
        socket.connect(requireNonNull(server(context, server).localAddress()), 10_000);
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    /** As many bytes as {@code expected} has. */
    static String read(Socket socket, String expected) throws IOException {
        return new String(socket.getInputStream().readNBytes(expected.getBytes(UTF_8).length), UTF_8);
    }

    static String readToEnd(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
}
