package io.iocp.spring.annotation;

import io.iocp.operation.OperationKind;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a method the handler of completion packets. On a class it gives the defaults of the class's annotated methods.
 *
 * <p>What it handles is named by one of {@link #server()}, {@link #channel()} and {@link #port()}; the more specific goes
 * first. Two methods cannot claim the same packets.
 *
 * <p>Parameters are resolved by type, once, at start-up:
 *
 * <ul>
 *   <li>{@link io.iocp.OverlappedIO}, {@link io.iocp.Connection}, {@link OperationKind}, {@link
 *       io.iocp.operation.Status}; {@code long} is the number of bytes transferred
 *   <li>{@code ByteBuffer} (a view of the received bytes, valid until the method returns), {@code byte[]} and {@code String}
 *       (copies; a {@code String} is decoded as UTF-8 packet by packet, so a character cut by a packet's end is lost)
 *   <li>{@code IOException}, {@code Exception} or {@code Throwable}: the failure, null if there is none
 *   <li>{@code io.iocp.spring.handler.Replies}: sends to the connection, as often as the method likes
 *   <li>{@link io.iocp.SecureConnection}, {@code SSLSession}, and {@code X509Certificate} or {@code Principal} of a peer that has
 *       shown a certificate which is trusted; each null where there is none: without TLS, before the handshake has succeeded,
 *       without client authentication
 *   <li>marked {@link CompletionKey} or {@link Attachment}, any type; unmarked, any other type is the completion key of a
 *       server's connection, or the attachment of a packet posted to a channel
 * </ul>
 *
 * <p>For a server, a returned {@code ByteBuffer} (from position to limit), {@code byte[]}, {@code String} (UTF-8) or {@code
 * io.iocp.operation.LeasedBuffer} (which becomes the library's) is sent to the connection; null sends nothing. A handler of
 * {@link OperationKind#ACCEPT} may return any other object instead: it becomes the connection's completion key. Without one
 * the key is the server's name.
 *
 * <p>A handler of {@link OperationKind#RECEIVE} gets every buffer that was received. The last packet of a connection (end of
 * stream, reset, idle timeout, close) reaches it only if it has a parameter that shows it: {@code OverlappedIO}, {@code
 * Status} or a failure. Then the connection is closed, once what was sent back has left.
 *
 * <p>A handler of {@link OperationKind#SEND} is told when a send has ended, each by one packet: those of its own and what was
 * sent through {@code Replies} or returned, whose packets stay the library's. The same is true of {@link
 * OperationKind#TRANSMIT_FILE} and {@code Replies.transmitFile(..)}.
 *
 * <p>With TLS ({@code iocp.servers.<name>.ssl.bundle}) a handler of RECEIVE or SEND gets the packets of TLS_RECEIVE and TLS_SEND,
 * unless another method claims just these; their bytes are plain text. What a handler of ACCEPT returns is sent behind the
 * handshake. A handler of {@link OperationKind#TLS_HANDSHAKE} is told that the handshake has succeeded, and if it has a parameter
 * that shows the end, that it has not.
 *
 * <p>A method that throws is logged and counted; if it handled a packet of a connection, that connection is closed.
 *
 * <p>Thread: workers of the port. Packets of one connection come one at a time and in order.
 */
@Documented
@Target({ElementType.METHOD, ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface IoCompletionHandler {

    /** Name of the handler in meters and logs; the bean's name and the method's by default. Placeholders are resolved. */
    String id() default "";

    /**
     * Servers whose packets it handles: keys below {@code iocp.servers}. More than one where the same is served in several ways,
     * with and without TLS for example; the method is then one handler of each. Placeholders are resolved.
     */
    String[] server() default {};

    /** Completion key of the posted packets that it handles, on the port {@link #port()}. Placeholders are resolved. */
    String channel() default "";

    /**
     * Completion port by name. With neither server nor channel, the handler gets every packet of the port that nobody else
     * claims. Default: {@code default}, the port that is auto-configured.
     */
    String port() default "";

    /** Kinds of packets. By default RECEIVE for a server, POST for a channel, all of them for a port. */
    OperationKind[] kinds() default {};

    /**
     * Whether the method waits for something (a lock, a database). It then runs on a spare worker, so that the connections of
     * its shard do not wait with it, as long as {@code iocp.workers.max} allows. A method that blocks only now and then may leave
     * it out: the port finds out (some milliseconds later, each time, until it has learned it; see {@code
     * iocp.workers.blocking-detection}). Or it wraps the one slow call in {@code CompletionPort.blocking(..)}.
     */
    boolean blocking() default false;
}
