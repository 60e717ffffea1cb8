package io.iocp.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Makes a method the handler of what is to be done before a connection is closed by a server or a client that stops: an {@link
 * IoCompletionHandler} of {@link ConnectionEvent#DRAIN}. What it returns is sent; with a parameter {@code Replies} it may hold the
 * connection open until it has sent what it owes ({@code holdOpen}), at most for as long as {@code iocp.shutdown.deadline}.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@IoCompletionHandler(events = ConnectionEvent.DRAIN)
public @interface OnDrain {

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
