package io.iocp.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Makes a method the handler of closed connections: an {@link IoCompletionHandler} of {@link ConnectionEvent#CLOSED}. It may have
 * parameters of the types {@code CloseReason}, {@code ConnectionInfo}, {@code Connection}, {@code Duration} (how long the connection
 * was open), the address ({@code SocketAddress}, {@code InetSocketAddress}), those of TLS, and the completion key. Nothing can be
 * sent any more.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@IoCompletionHandler(events = ConnectionEvent.CLOSED)
public @interface OnClosed {

    /** As {@link IoCompletionHandler#id()}. */
    @AliasFor(annotation = IoCompletionHandler.class)
    String id() default "";

    /** As {@link IoCompletionHandler#server()}; the class's if neither server nor client is named. */
    @AliasFor(annotation = IoCompletionHandler.class)
    String[] server() default {};

    /** As {@link IoCompletionHandler#client()}. */
    @AliasFor(annotation = IoCompletionHandler.class)
    String[] client() default {};

    /** As {@link IoCompletionHandler#blocking()}. */
    @AliasFor(annotation = IoCompletionHandler.class)
    boolean blocking() default false;

    /** As {@link IoCompletionHandler#errorHandler()}. */
    @AliasFor(annotation = IoCompletionHandler.class)
    String errorHandler() default "";
}
