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
 * <p>The same over TLS, on {@code echo-tls}; the application's log says where its certificate is:
 *
 * <pre>{@code
 * openssl s_client -quiet -verify_return_error -CAfile /tmp/iocp-tls-123/tls.crt -connect localhost:7443
 * openssl s_client -quiet -CAfile /tmp/iocp-tls-123/second/tls.crt -connect localhost:7443 -servername second.localhost
 * }</pre>
 *
 * <p>In profile {@code blocking} {@link BlockingEchoService} does it instead.
 *
 * <p>Thread: workers; packets of one connection one at a time.
 */
@Component
@Profile("!blocking")
public final class EchoService {

    @IoCompletionHandler(server = {"echo", "echo-tls"})
    ByteBuffer received(ByteBuffer data) {
        return data;
    }
}
