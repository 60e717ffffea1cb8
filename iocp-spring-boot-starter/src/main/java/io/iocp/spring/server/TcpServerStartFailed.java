package io.iocp.spring.server;

/**
 * Published as an application event when a server cannot listen; the application does not start.
 *
 * @param port name of the completion port
 */
public record TcpServerStartFailed(String server, String port, ServerStartException cause) {}
