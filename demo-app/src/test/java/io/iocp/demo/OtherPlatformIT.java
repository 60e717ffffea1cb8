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

/** The application where there is no Linux, as far as it can tell: it serves on NIO, and says why. */
class OtherPlatformIT {

    @ParameterizedTest
    @ValueSource(strings = {"Windows 11", "Mac OS X"})
    void itServesOnNioAndSaysWhy(String system) throws IOException {
        String named = "export JAVA_TOOL_OPTIONS=\"-Dos.name='" + system + "'\"";
        try (PackagedServer server = PackagedServer.startAfter(named, EngineChoice.AUTO)) {
            try (Socket echo = new Socket(InetAddress.getLoopbackAddress(), server.port("echo"))) {
                echo.setSoTimeout(20_000);
                echo.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(echo.getInputStream().readNBytes(5), StandardCharsets.US_ASCII))
                        .isEqualTo("hello");
            }
            assertThat(server.output())
                    .contains("runs on nio")
                    .contains("the operating system is " + system + ", not Linux; remedy: run on Linux");
            try (InputStream answer = URI.create("http://127.0.0.1:" + server.webPort() + "/actuator/health")
                    .toURL()
                    .openStream()) {
                String health = new String(answer.readAllBytes(), StandardCharsets.UTF_8);
                assertThat(health).contains("\"engine\":\"nio\"").contains(system);
            }
        }
    }
}
