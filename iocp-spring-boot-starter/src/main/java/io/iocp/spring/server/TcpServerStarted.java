package io.iocp.spring.server;

import java.net.SocketAddress;

/**
 * Published as an application event when a server listens.
 *
 * @param port name of the completion port
 */
public record TcpServerStarted(String server, String port, SocketAddress localAddress) {}
