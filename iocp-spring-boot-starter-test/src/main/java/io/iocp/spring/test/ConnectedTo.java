package io.iocp.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks the parameter of a test that is a client connected to a server of the application, closed after the test. */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface ConnectedTo {

    /** Name of the server: a key below {@code iocp.servers}. */
    String value();

    /** Whether the client speaks TLS, and trusts whatever certificate it is shown. */
    boolean secure() default false;
}
