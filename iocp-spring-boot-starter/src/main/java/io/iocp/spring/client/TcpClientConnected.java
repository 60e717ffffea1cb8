package io.iocp.spring.client;

import java.net.SocketAddress;

/**
 * Published as an application event when a client has a connection, the first or a new one. Thread: a worker; must not wait.
 *
 * @param port name of the completion port
 * @param connection id of the connection
 */
public record TcpClientConnected(String client, String port, long connection, SocketAddress remoteAddress) {}
