package io.iocp.spring.connection;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Is told how one send has ended, exactly once. Thread: the connection's worker; must not wait, must not throw. */
@FunctionalInterface
public interface SendListener {
    /**
     * The send has ended.
     *
     * @param failure null if the kernel has accepted every byte
     */
    void ended(@Nullable IOException failure);
}
