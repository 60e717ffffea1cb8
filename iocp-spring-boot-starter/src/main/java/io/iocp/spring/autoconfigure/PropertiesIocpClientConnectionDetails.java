package io.iocp.spring.autoconfigure;

import io.iocp.spring.client.ClientAddress;

/** What the properties of a client say. */
record PropertiesIocpClientConnectionDetails(String client, ClientAddress address)
        implements IocpClientConnectionDetails {}
