package io.iocp.demo.echo;

import io.iocp.spring.annotation.IoCompletionHandler;
import java.nio.ByteBuffer;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Sends back what it receives.
 *
 * <pre>{@code
 * echo hello | nc -N 127.0.0.1 7007
 * socat - TCP:127.0.0.1:7007
 * }</pre>
 *
 * <p>In profile {@code blocking} {@link BlockingEchoService} does it instead.
 *
 * <p>Thread: workers; packets of one connection one at a time.
 */
@Component
@Profile("!blocking")
public final class EchoService {

    @IoCompletionHandler(server = "echo")
    ByteBuffer received(ByteBuffer data) {
        return data;
    }
}
