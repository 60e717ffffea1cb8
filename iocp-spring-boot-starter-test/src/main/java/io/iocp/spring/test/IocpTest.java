package io.iocp.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.core.annotation.AliasFor;
import org.springframework.test.context.BootstrapWith;

/**
 * A test of an application's handlers, without the rest of the application: of its components only those with {@link
 * io.iocp.spring.annotation.IoCompletionHandler} methods are made, and those that the starter itself looks for (framings,
 * resolvers of parameters, handlers of errors, customizers); of the auto-configurations only the completion port's and that of
 * SSL bundles. What handlers need besides is given with {@code @Import} or {@code @MockitoBean}, as in all of Boot's slices.
 *
 * <p>Every server listens on a random port of the loopback address. {@link IocpTestClients} talks to it; it is a bean, and may
 * be a parameter of a test, as may a connected client, {@link ConnectedTo}.
 *
 * {@snippet :
 * @IocpTest
 * class ShoutTest {
 *     @Test
 *     void shouts(@ConnectedTo("shout") IocpTestClient client) {
 *         client.send("hello").expect("HELLO");
 *     }
 * }
 * }
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@BootstrapWith(IocpTestContextBootstrapper.class)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(IocpTypeExcludeFilter.class)
@AutoConfigureIocpTest
@ImportAutoConfiguration
public @interface IocpTest {

    /** What the completion port runs on. */
    @AliasFor(annotation = AutoConfigureIocpTest.class, attribute = "engine")
    EngineUnderTest engine() default EngineUnderTest.AUTO;

    /** What goes wrong in the network of {@link EngineUnderTest#SIMULATED}; nothing of it counts for the others. */
    @AliasFor(annotation = AutoConfigureIocpTest.class, attribute = "faults")
    SimulatedFaults faults() default @SimulatedFaults;

    /** Properties, {@code key=value}, that go before the application's. */
    String[] properties() default {};

    /** Whether the components named above are found; otherwise only what {@link #includeFilters()} says. */
    boolean useDefaultFilters() default true;

    /** Components that are made besides. */
    Filter[] includeFilters() default {};

    /** Components that are not made. */
    Filter[] excludeFilters() default {};

    /** Auto-configurations of the slice that are left out. */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
