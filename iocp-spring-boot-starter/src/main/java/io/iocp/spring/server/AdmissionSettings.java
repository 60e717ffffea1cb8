package io.iocp.spring.server;

import java.util.List;

/**
 * Who is let in.
 *
 * @param maxConnections at once; 0 = as many as there are descriptors
 * @param maxConnectionsPerAddress at once from one IPv4 address, or from one IPv6 network of 64 bits; 0 = as many as there may be
 * @param acceptRate connections in a second; up to one second's worth may come at once. 0 = any
 * @param allow where clients may come from; empty = from everywhere
 * @param deny where they may not come from, even if allowed
 */
public record AdmissionSettings(
        int maxConnections,
        int maxConnectionsPerAddress,
        int acceptRate,
        List<AddressRange> allow,
        List<AddressRange> deny) {

    /** Everybody. */
    public static final AdmissionSettings ANYBODY = new AdmissionSettings(0, 0, 0, List.of(), List.of());

    public AdmissionSettings {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }
}
