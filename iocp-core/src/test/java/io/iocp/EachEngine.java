package io.iocp;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * A contract test: runs once on every engine, which it gets as its one argument, a {@link TestEngine}. A test that takes an
 * {@link EngineChoice} runs on those that a user can choose.
 *
 * <p>{@code -Diocp.engine=nio}, {@code io-uring} or {@code simulated} runs it on that one only. Where the machine has no io_uring
 * that run is skipped loudly, see {@link Needs}.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}", allowZeroInvocations = true)
@ArgumentsSource(Engines.class)
@ExtendWith(Engines.class)
public @interface EachEngine {
    /**
     * True for a test that needs descriptors, another process, or the machine's network: it runs only where {@link
     * io.iocp.engine.EngineCapabilities#sockets()} is true.
     */
    boolean sockets() default false;
}
