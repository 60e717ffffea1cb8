package io.iocp.spring.tls;

/**
 * Published as an application event when newer material of a bundle in use was applied ({@code CURRENT}), refused, or found not
 * to have been delivered ({@code STALE}).
 *
 * @param status what it is from now on
 */
public record TlsBundleChanged(TlsBundleStatus status) {}
