package io.iocp.spring.autoconfigure;

import io.iocp.PortOptions;

/**
 * Adjusts the options of the auto-configured completion port, after the properties. Several are applied in their {@link
 * org.springframework.core.annotation.Order}.
 */
@FunctionalInterface
public interface CompletionPortCustomizer {

    /** Returns the options to go on with. */
    PortOptions customize(PortOptions options);
}
