package io.iocp.spring.annotation;

import io.iocp.operation.OperationKind;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Makes a method the handler of completion packets, or of what happens to connections. On a class it gives the defaults of the
 * class's annotated methods. It may be repeated, and put on annotations of one's own. In each text {@code ${...}} and
 * <code>#{...}</code> are resolved.
 *
 * <p>What it handles is named by one of {@link #server()}, {@link #client()}, {@link #channel()} and {@link #port()}; the more
 * specific goes first. Two methods cannot claim the same packets.
 *
 * <p>Parameters are resolved by type, once, at start-up; each may be wrapped in {@code Optional}:
 *
 * <ul>
 *   <li>{@link io.iocp.OverlappedIO}, {@link io.iocp.Connection}, {@link OperationKind}, {@link
 *       io.iocp.operation.Status}; {@code long} is the number of bytes transferred
 *   <li>{@code ByteBuffer} (a view of the received bytes, or of the frame's, valid until the method returns), {@code byte[]} and
 *       {@code String} (copies; a {@code String} is decoded as UTF-8 packet by packet, so without framing a character cut by a
 *       packet's end is lost)
 *   <li>what the server's or client's framing makes of the bytes, if these are objects
 *   <li>{@code IOException}, {@code Exception} or {@code Throwable}: the failure, null if there is none
 *   <li>{@code io.iocp.spring.handler.Replies}: sends to the connection, as often as the method likes
 *   <li>{@code io.iocp.spring.handler.ConnectionInfo}; {@code CloseReason}, null if the connection is not being closed; {@code
 *       SocketAddress} or {@code InetSocketAddress}, the address of whoever is at the other end
 *   <li>{@link io.iocp.SecureConnection}, {@code SSLSession}, and {@code X509Certificate} or {@code Principal} of a peer that has
 *       shown a certificate which is trusted; each null where there is none: without TLS, before the handshake has succeeded,
 *       without client authentication
 *   <li>marked {@link CompletionKey} or {@link Attachment}, any type; unmarked, any other type is the completion key of a
 *       connection, or the attachment of a packet posted to a channel
 *   <li>whatever {@code HandlerParameterResolver} beans of the application know; they are asked first
 * </ul>
 *
 * <p>For a server or a client, what is returned is sent to the connection: {@code ByteBuffer} (from position to limit), {@code byte[]},
 * {@code String} (UTF-8), {@code io.iocp.operation.LeasedBuffer} (which becomes the library's), {@code Path} and Spring's {@code
 * Resource} (from the file), any object that a {@code FrameEncoder} bean is for, a {@code Collection}, {@code Stream} or {@code
 * Publisher} of these (one after the other), or a {@code CompletionStage} or {@code Mono} of any of them: until that is complete no
 * further packet of the connection reaches a handler. Null sends nothing. A handler of {@link OperationKind#ACCEPT} may return any
 * other object instead: it becomes the connection's completion key. Without one the key is the server's name.
 *
 * <p>A handler of {@link OperationKind#RECEIVE} gets every buffer that was received, or with framing every frame. The last packet
 * of a connection (end of stream, reset, idle timeout, close) reaches it only if it has a parameter that shows it: {@code
 * OverlappedIO}, {@code Status} or a failure. Then the connection is closed, once what was sent back has left.
 *
 * <p>A handler of {@link OperationKind#SEND} is told when a send has ended, each by one packet: those of its own and what was
 * sent through {@code Replies} or returned, whose packets stay the library's. The same is true of {@link
 * OperationKind#TRANSMIT_FILE} and {@code Replies.transmitFile(..)}.
 *
 * <p>With TLS ({@code ssl.bundle}) a handler of RECEIVE or SEND gets the packets of TLS_RECEIVE and TLS_SEND,
 * unless another method claims just these; their bytes are plain text. What a handler of ACCEPT returns is sent behind the
 * handshake. A handler of {@link OperationKind#TLS_HANDSHAKE} is told that the handshake has succeeded, and if it has a parameter
 * that shows the end, that it has not.
 *
 * <p>What a method throws goes to the error handlers, beans of type {@code CompletionErrorHandler}. Without one it is logged and
 * counted; if it handled a packet of a connection, that connection is closed.
 *
 * <p>Thread: workers of the port. Packets of one connection come one at a time and in order.
 */
@Documented
@Target({ElementType.METHOD, ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Reflective
@Repeatable(IoCompletionHandlers.class)
public @interface IoCompletionHandler {

    /**
     * Name of the handler in meters, logs and {@code HandlerRegistry}; no two methods may have the same. The bean's name and the
     * method's by default.
     */
    String id() default "";

    /**
     * Servers whose packets it handles: keys below {@code iocp.servers}. More than one where the same is served in several ways,
     * with and without TLS for example; the method is then one handler of each. An expression may give an array or a collection.
     */
    String[] server() default {};

    /** Clients whose packets it handles: keys below {@code iocp.clients}; as with {@link #server()}. */
    String[] client() default {};

    /**
     * Completion key of the posted packets that it handles, on the port {@link #port()}. A key that is not a {@code String} is given
     * by an expression, as in <code>#{T(com.example.Keys).JOBS}</code>; it is compared with {@code equals}.
     */
    String channel() default "";

    /**
     * Completion port by name. With neither server, client nor channel, the handler gets every packet of the port that nobody else
     * claims. Default: {@code default}, the port that is auto-configured.
     */
    String port() default "";

    /** Kinds of packets. By default RECEIVE for a server or client, POST for a channel, all of them for a port. */
    OperationKind[] kinds() default {};

    /** What it is told of in place of packets: a server's or client's connections closed, or about to be drained. */
    ConnectionEvent[] events() default {};

    /**
     * Whether the method waits for something (a lock, a database). It then runs on a spare worker, so that the connections of
     * its shard do not wait with it, as long as {@code iocp.workers.max} allows. A method that blocks only now and then may leave
     * it out: the port finds out (some milliseconds later, each time, until it has learned it; see {@code
     * iocp.workers.blocking-detection}). Or it wraps the one slow call in {@code CompletionPort.blocking(..)}. With {@code
     * iocp.handler.virtual-threads} every handler is run so, on virtual threads.
     */
    boolean blocking() default false;

    /**
     * Name of the bean, a {@code CompletionErrorHandler}, that is asked first when the method throws; then those that are asked for
     * every handler.
     */
    String errorHandler() default "";

    /** {@code false} if it gets nothing before somebody starts it: {@code HandlerRegistry.start(id)}. */
    String autoStartup() default "";
}
