package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EngineChoice;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The application as `process-aot` has prepared it: no scanning, no conditions, and it serves all the same. */
class AheadOfTimeIT {

    /** The second makes Spring and the starter believe that they are in a native image: no class is made at run time. */
    @ParameterizedTest
    @ValueSource(strings = {"", " -Dorg.graalvm.nativeimage.imagecode=runtime"})
    void whatWasProcessedAheadOfTimeServes(String more) throws IOException {
        String aot = "export JAVA_TOOL_OPTIONS='-Dspring.aot.enabled=true" + more + "'";
        try (PackagedServer server = PackagedServer.startAfter(aot, EngineChoice.AUTO)) {
            try (Socket echo = connect(server.port("echo"))) {
                echo.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
                assertThat(read(echo, 5)).isEqualTo("hello");
            }
            try (Socket kv = connect(server.kvPort())) {
                kv.getOutputStream().write("SET a 1\r\nGET a\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(read(kv, 12)).isEqualTo("+OK\r\n$1\r\n1\r\n");
            }
            String endpoint = get(server, "/actuator/iocp");
            assertThat(endpoint).contains("\"default\"").contains("\"echo\"");
            assertThat(server.output())
                    .as("the log says that it was processed")
                    .contains("Starting AOT-processed DemoApplication");
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static String read(Socket socket, int count) throws IOException {
        return new String(socket.getInputStream().readNBytes(count), StandardCharsets.US_ASCII);
    }

    private static String get(PackagedServer server, String path) throws IOException {
        try (InputStream answer = URI.create("http://127.0.0.1:" + server.webPort() + path)
                .toURL()
                .openStream()) {
            return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
