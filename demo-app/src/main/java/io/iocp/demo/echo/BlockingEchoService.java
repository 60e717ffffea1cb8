package io.iocp.demo.echo;

import io.iocp.Connection;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Sends back what it receives, and sleeps 20 ms before one answer in a hundred: what a call to a slow database does to a
 * server. On {@code echo} the handler does not say that it may block, on {@code echo-declared} it does. In profile {@code
 * blocking} only:
 *
 * <pre>{@code
 * ./mvnw spring-boot:run -Dspring-boot.run.profiles=blocking
 * java -cp demo-app/target/test-classes:demo-app/target/classes io.iocp.demo.BlockingMixClients 127.0.0.1 7007 200 5000
 * java -cp demo-app/target/test-classes:demo-app/target/classes io.iocp.demo.BlockingMixClients 127.0.0.1 7017 200 5000
 * curl localhost:8080/actuator/iocp/default
 * }</pre>
 *
 * <p>Thread: workers; packets of one connection one at a time.
 */
@Component
@Profile("blocking")
public final class BlockingEchoService {
    private static final Duration NAP = Duration.ofMillis(20);

    @IoCompletionHandler(
            server = {"echo", "echo-tls"},
            kinds = OperationKind.ACCEPT)
    Turns accepted(Connection connection) {
        return new Turns(((InetSocketAddress) connection.remoteAddress()).getPort());
    }

    @IoCompletionHandler(server = "echo-declared", kinds = OperationKind.ACCEPT)
    Turns acceptedDeclared(Connection connection) {
        return accepted(connection);
    }

    @IoCompletionHandler(server = {"echo", "echo-tls"})
    ByteBuffer undeclared(ByteBuffer data, Turns turns) throws InterruptedException {
        if (turns.sleepsNow()) {
            Thread.sleep(NAP);
        }
        return data;
    }

    @IoCompletionHandler(server = "echo-declared", blocking = true)
    ByteBuffer declared(ByteBuffer data, Turns turns) throws InterruptedException {
        return undeclared(data, turns);
    }
}
