package io.iocp;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a test needs of the machine: {@code "io_uring"}, {@code "docker"} (an engine that answers), {@code
 * "linux"} (system calls can be made), or the name of a program on the path.
 *
 * <p>Where it is missing the test is skipped, and {@link SkipReport} says so at the end of the build;
 * with {@code -Diocp.require=all} the test fails instead and says how to get what is missing.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsCondition.class)
public @interface Needs {

    String[] value();
}
