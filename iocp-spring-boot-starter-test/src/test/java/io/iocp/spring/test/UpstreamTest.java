package io.iocp.spring.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.spring.client.TcpClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.test.context.ContextConfiguration;

/** The application's own clients connect to the test. */
@IocpTest(properties = {"iocp.clients.quotes.host=quotes.invalid", "iocp.clients.quotes.port=7007"})
@ContextConfiguration(classes = UpstreamTest.Application.class)
class UpstreamTest {
    @Autowired
    private IocpTestClients clients;

    @SpringBootConfiguration
    @EnableAutoConfiguration
    static class Application {}

    @Test
    void whatAClientSendsTheTestReceives(@Autowired TcpClient quotes) {
        IocpTestClient upstream = clients.accept("quotes");
        assertThat(quotes.send(ByteBuffer.wrap("PRICE X\n".getBytes(UTF_8)))).succeedsWithin(Duration.ofSeconds(10));
        assertThat(upstream.receiveLine()).isEqualTo("PRICE X");
    }

    @Test
    void aClientThatIsNotThereIsNamedWithThoseThatAre() {
        assertThatThrownBy(() -> clients.accept("prices"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no client 'prices'")
                .hasMessageContaining("[quotes]");
    }
}
