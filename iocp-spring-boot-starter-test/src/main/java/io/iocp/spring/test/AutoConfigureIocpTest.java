package io.iocp.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Puts the servers of a test's application on random ports of the loopback address, chooses the engine, and adds {@link
 * IocpTestClients}. For tests of the whole application: {@code @SpringBootTest @AutoConfigureIocpTest}. {@link IocpTest} has it.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ImportAutoConfiguration
@ExtendWith({SpringExtension.class, IocpTestExtension.class})
public @interface AutoConfigureIocpTest {

    /** What the completion port runs on. */
    EngineUnderTest engine() default EngineUnderTest.AUTO;

    /** What goes wrong in the network of {@link EngineUnderTest#SIMULATED}; nothing of it counts for the others. */
    SimulatedFaults faults() default @SimulatedFaults;
}
