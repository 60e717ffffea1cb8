package io.iocp.spring.autoconfigure;

import io.iocp.spring.client.ClientAddress;
import java.util.function.Supplier;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where a client connects to. A bean of this type goes before {@code iocp.clients.<name>.host}, {@code port} and {@code unix-socket}:
 * for tests, whose server is a container or has a port that nobody knows before.
 */
public interface IocpClientConnectionDetails extends ConnectionDetails {

    /** Name of the client. */
    String client();

    /** Asked for at each try to connect. Thread: a worker; must not wait. */
    ClientAddress address();

    /** Of this client. */
    static IocpClientConnectionDetails of(String client, Supplier<ClientAddress> address) {
        return new IocpClientConnectionDetails() {
            @Override
            public String client() {
                return client;
            }

            @Override
            public ClientAddress address() {
                return address.get();
            }
        };
    }
}
