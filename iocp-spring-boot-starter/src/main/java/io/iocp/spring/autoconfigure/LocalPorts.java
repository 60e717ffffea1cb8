package io.iocp.spring.autoconfigure;

import io.iocp.spring.server.TcpServerStarted;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** Puts the port number of each started server into the environment, as {@code local.iocp.<server>.port}. */
final class LocalPorts {
    private final Map<String, Object> ports = new ConcurrentHashMap<>();

    LocalPorts(ConfigurableEnvironment environment) {
        environment.getPropertySources().addFirst(new MapPropertySource("iocp.local.ports", ports));
    }

    @EventListener
    void started(TcpServerStarted event) {
        if (event.localAddress() instanceof InetSocketAddress ip) {
            ports.put("local.iocp." + event.server() + ".port", ip.getPort());
        }
    }
}
