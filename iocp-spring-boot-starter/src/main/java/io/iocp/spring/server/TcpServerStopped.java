package io.iocp.spring.server;

/**
 * Published as an application event when a server listens no longer.
 *
 * @param port name of the completion port
 * @param failed whether nobody had asked it to stop
 */
public record TcpServerStopped(String server, String port, boolean failed) {}
