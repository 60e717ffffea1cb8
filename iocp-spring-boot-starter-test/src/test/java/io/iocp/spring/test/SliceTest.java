package io.iocp.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.slice.Shouter;
import com.example.slice.SliceApplication;
import com.example.slice.Stranger;
import io.iocp.CompletionPort;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.ContextConfiguration;

/** What a test annotated with {@link IocpTest} has, and what it has not. */
@IocpTest(
        engine = EngineUnderTest.NIO,
        properties = {"iocp.servers.shout.port=7000", "iocp.servers.shout.address=192.0.2.1", "iocp.engine=io-uring"})
@ContextConfiguration(classes = SliceApplication.class)
class SliceTest {
    @Autowired
    private ApplicationContext context;

    @Autowired
    private IocpTestClients clients;

    @Test
    void onlyComponentsWithHandlersAreThere() {
        assertThat(context.getBeanProvider(Shouter.class).stream()).hasSize(1);
        assertThat(context.getBeanProvider(Stranger.class).stream()).isEmpty();
    }

    @Test
    void onlyTheAutoConfigurationsOfThePortAreThere() {
        assertThat(context.getBeanDefinitionNames())
                .filteredOn(name -> name.contains("AutoConfiguration"))
                .allMatch(name -> name.startsWith("io.iocp.spring.")
                        || name.contains(".ssl.")
                        || name.contains("AutoConfigurationPackages"));
    }

    @Test
    void serversListenOnARandomPortOfLoopback() {
        InetSocketAddress address = (InetSocketAddress) clients.addressOf("shout");
        assertThat(address.getAddress().isLoopbackAddress()).isTrue();
        assertThat(address.getPort()).isNotIn(0, 7000);
        assertThat(context.getEnvironment().getProperty("local.iocp.shout.port"))
                .isEqualTo(String.valueOf(address.getPort()));
    }

    @Test
    void theEngineIsTheTests() {
        assertThat(context.getBean(CompletionPort.class).engine().engine()).isEqualTo("nio");
    }

    @Test
    void aServerThatIsNotThereIsNamedWithThoseThatAre() {
        assertThatThrownBy(() -> clients.connect("shoot"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no server 'shoot'")
                .hasMessageContaining("[shout]");
    }

    @Test
    void aFailureShowsWhatCame(@ConnectedTo("shout") IocpTestClient client) {
        client.within(Duration.ofMillis(300)).send("hello");
        assertThatThrownBy(client::receiveLine)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("client of server 'shout' at /127.0.0.1:")
                .hasMessageContaining("waited PT0.3S for \"\\n\"")
                .hasMessageContaining("unread: 5 bytes, \"HELLO\"")
                .hasMessageContaining("sent: 5");
        client.within(Duration.ofSeconds(10));
        assertThatThrownBy(() -> client.expect("HELP"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("expected \"HELP\", and something else came")
                .hasMessageContaining("\"HELLO\"");
        client.expect("HELLO").expectNothing(Duration.ofMillis(50));
    }
}
