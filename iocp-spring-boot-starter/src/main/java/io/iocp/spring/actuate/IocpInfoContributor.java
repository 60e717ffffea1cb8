package io.iocp.spring.actuate;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.spring.server.TcpServer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** What the endpoint {@code info} says under {@code iocp}: each port with its engine and why it has that, and where servers listen. */
public final class IocpInfoContributor implements InfoContributor {
    private final List<CompletionPort> ports;
    private final List<TcpServer> servers;

    public IocpInfoContributor(Collection<CompletionPort> ports, Collection<TcpServer> servers) {
        this.ports = List.copyOf(ports);
        this.servers = List.copyOf(servers);
    }

    @Override
    public void contribute(Info.Builder builder) {
        Map<String, Port> byName = new LinkedHashMap<>();
        for (CompletionPort port : ports) {
            Map<String, Server> own = new LinkedHashMap<>();
            servers.stream().filter(s -> s.port() == port).forEach(s -> own.put(s.name(), Server.of(s)));
            EngineReport engine = port.engine();
            byName.put(
                    port.name(),
                    new Port(
                            engine.engine(),
                            engine.reason(),
                            engine.fallback(),
                            engine.remedy(),
                            port.stats().shards().size(),
                            own));
        }
        builder.withDetail("iocp", Map.of("ports", byName));
    }

    /**
     * One port.
     *
     * @param reason why it has this engine
     * @param fallback whether a better one was wanted
     * @param remedy what helps then
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Port(
            String engine,
            String reason,
            boolean fallback,
            @Nullable String remedy,
            int concurrency,
            Map<String, Server> servers) {}

    /**
     * One server.
     *
     * @param address where it listens; null while it does not
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Server(@Nullable String address, boolean tls) {
        static Server of(TcpServer server) {
            Object address = server.localAddress();
            return new Server(
                    address == null ? null : address.toString(),
                    server.settings().tls() != null);
        }
    }
}
