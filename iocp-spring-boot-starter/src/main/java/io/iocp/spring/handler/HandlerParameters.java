package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.Attachment;
import io.iocp.spring.annotation.CompletionKey;
import io.iocp.spring.annotation.ConnectionEvent;
import io.iocp.spring.handler.HandlerParameterResolver.Source;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;

/**
 * Finds for each parameter of a handler method where its value comes from: a method handle of the type {@code (Exchange,
 * OverlappedIO)T}.
 */
final class HandlerParameters {
    private static final MethodType BOTH = MethodType.methodType(void.class, Exchange.class, OverlappedIO.class);

    /** What is in the packet. */
    private static final Map<Class<?>, MethodHandle> PACKET = Map.of(
            OverlappedIO.class, ofPacket(MethodHandles.identity(OverlappedIO.class)),
            OperationKind.class, packet("kind", OperationKind.class),
            Status.class, packet("status", Status.class),
            long.class, packet("bytesTransferred", long.class),
            IOException.class, packet("failure", IOException.class),
            Exception.class, packet("failure", IOException.class),
            Throwable.class, packet("failure", IOException.class));

    /** What a server's or client's connection knows, in every call: also in that of an accept, and in those of events. */
    private static final Map<Class<?>, MethodHandle> EXCHANGE = Map.of(
            Connection.class, exchange("connection", Connection.class),
            SecureConnection.class, exchange("secureConnection", SecureConnection.class),
            SSLSession.class, exchange("session", SSLSession.class),
            X509Certificate.class, exchange("certificate", X509Certificate.class),
            Principal.class, exchange("principal", Principal.class),
            ConnectionInfo.class, exchange("info", ConnectionInfo.class),
            CloseReason.class, exchange("closeReason", CloseReason.class),
            SocketAddress.class, exchange("address", SocketAddress.class),
            InetSocketAddress.class, exchange("internetAddress", InetSocketAddress.class));

    /** The same of a packet that no connection of a server or client is known for. */
    private static final Map<Class<?>, MethodHandle> HANDLE = Map.of(
            Connection.class, packet("connection", Connection.class),
            SecureConnection.class, packet("secureConnection", SecureConnection.class),
            SSLSession.class, packet("session", SSLSession.class),
            X509Certificate.class, packet("certificate", X509Certificate.class),
            Principal.class, packet("principal", Principal.class));

    private static final Map<Class<?>, MethodHandle> EXCHANGE_DATA = Map.of(
            ByteBuffer.class, part("data", ByteBuffer.class, Exchange.class, OverlappedIO.class),
            byte[].class, part("bytes", byte[].class, Exchange.class, OverlappedIO.class),
            String.class, part("text", String.class, Exchange.class, OverlappedIO.class));

    private static final Map<Class<?>, MethodHandle> PACKET_DATA = Map.of(
            ByteBuffer.class, packet("data", ByteBuffer.class),
            byte[].class, packet("bytes", byte[].class),
            String.class, packet("text", String.class));

    private static final Set<Class<?>> SHOW_THE_END =
            Set.of(OverlappedIO.class, Status.class, IOException.class, Exception.class, Throwable.class);

    private static final MethodHandle REPLIES = ofExchange(MethodHandles.identity(Exchange.class));
    private static final MethodHandle FRAME = exchange("frame", Object.class);
    private static final MethodHandle EVENT_KEY = exchange("key", Object.class);
    private static final MethodHandle OPEN_FOR = exchange("openFor", Duration.class);
    private static final MethodHandle KEY = packet("key", Object.class);
    private static final MethodHandle ATTACHMENT = packet("attachment", Object.class);
    private static final MethodHandle OPTIONAL;
    private static final MethodHandle SOURCE;

    static {
        try {
            OPTIONAL = MethodHandles.lookup()
                    .findStatic(Optional.class, "ofNullable", MethodType.methodType(Optional.class, Object.class));
            SOURCE = MethodHandles.lookup()
                    .findVirtual(
                            Source.class,
                            "value",
                            MethodType.methodType(Object.class, Exchange.class, OverlappedIO.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final HandlerEndpoint handler;
    private final Method method;
    private final @Nullable Class<?> frameType;
    private final List<HandlerParameterResolver> resolvers;
    private boolean showTheEnd;

    /**
     * Looks at nothing yet.
     *
     * @param frameType what the target's frames are, null for none
     * @param resolvers asked first
     */
    HandlerParameters(
            HandlerEndpoint handler,
            Method method,
            @Nullable Class<?> frameType,
            List<HandlerParameterResolver> resolvers) {
        this.handler = handler;
        this.method = method;
        this.frameType = frameType;
        this.resolvers = resolvers;
    }

    /** Whether one of those found so far can tell the last packet of a connection from one with data. */
    boolean showTheEnd() {
        return showTheEnd;
    }

    /** A handle of the type {@code (Exchange, OverlappedIO)T}, where T can be cast to the type of the parameter. */
    MethodHandle filterFor(int index) {
        MethodParameter parameter = new MethodParameter(method, index);
        parameter.initParameterNameDiscovery(new org.springframework.core.DefaultParameterNameDiscoverer());
        for (HandlerParameterResolver resolver : resolvers) {
            Source source = resolver.resolve(parameter, handler);
            if (source != null) {
                return SOURCE.bindTo(source);
            }
        }
        if (parameter.getParameterType() == Optional.class) {
            MethodParameter wrapped = parameter.nested();
            MethodHandle value = known(parameter, wrapped.getNestedParameterType());
            return MethodHandles.filterReturnValue(value.asType(value.type().changeReturnType(Object.class)), OPTIONAL);
        }
        return known(parameter, parameter.getParameterType());
    }

    private MethodHandle known(MethodParameter parameter, Class<?> type) {
        if (SHOW_THE_END.contains(type)) {
            showTheEnd = true;
        }
        return handler.target().hasExchange() ? ofConnection(parameter, type) : ofPort(parameter, type);
    }

    // ---- servers and clients

    private MethodHandle ofConnection(MethodParameter parameter, Class<?> type) {
        boolean event = !handler.events().isEmpty();
        if (parameter.hasParameterAnnotation(CompletionKey.class)) {
            return event ? EVENT_KEY : KEY;
        }
        if (parameter.hasParameterAnnotation(Attachment.class)) {
            return event ? refuseInEvent(parameter) : ATTACHMENT;
        }
        if (type == Replies.class || type == Exchange.class) {
            return replies(parameter);
        }
        MethodHandle ofExchange = EXCHANGE.get(type);
        if (ofExchange != null) {
            return ofExchange;
        }
        if (isFrame(type)) {
            return FRAME;
        }
        if (EXCHANGE_DATA.containsKey(type)) {
            return data(parameter, type);
        }
        MethodHandle ofPacket = PACKET.get(type);
        if (ofPacket != null) {
            return event ? refuseInEvent(parameter) : ofPacket;
        }
        if (event && type == Duration.class) {
            return OPEN_FOR;
        }
        refusePrimitive(parameter, type);
        return event ? EVENT_KEY : KEY;
    }

    private boolean isFrame(Class<?> type) {
        Class<?> frames = frameType;
        return frames != null
                && frames != ByteBuffer.class
                && type != Object.class
                && type.isAssignableFrom(frames)
                && isReceiver();
    }

    private boolean isReceiver() {
        return handler.kinds().contains(OperationKind.RECEIVE)
                || handler.kinds().contains(OperationKind.TLS_RECEIVE);
    }

    private MethodHandle data(MethodParameter parameter, Class<?> type) {
        if (!handler.events().isEmpty()) {
            return refuseInEvent(parameter);
        }
        if (!isReceiver()) {
            throw invalid(parameter, "only a RECEIVE packet has data", "Add RECEIVE to kinds, or use @Attachment.");
        }
        Class<?> frames = frameType;
        if (frames != null && frames != ByteBuffer.class) {
            throw invalid(
                    parameter,
                    "the framing of " + handler.target() + " makes objects of the type " + frames.getName(),
                    "Use a parameter of that type.");
        }
        return found(EXCHANGE_DATA, type);
    }

    private MethodHandle replies(MethodParameter parameter) {
        if (handler.kinds().contains(OperationKind.ACCEPT)) {
            throw invalid(
                    parameter,
                    "a connection that is being accepted is nobody's yet",
                    "Leave ACCEPT out of kinds; a handler of ACCEPT may return what is to be sent.");
        }
        if (handler.events().contains(ConnectionEvent.CLOSED)) {
            throw invalid(parameter, "nothing can be sent to a closed connection", "Leave it out.");
        }
        return REPLIES;
    }

    // ---- channels and whole ports

    private MethodHandle ofPort(MethodParameter parameter, Class<?> type) {
        if (parameter.hasParameterAnnotation(CompletionKey.class)) {
            return KEY;
        }
        if (parameter.hasParameterAnnotation(Attachment.class)) {
            return ATTACHMENT;
        }
        if (type == Replies.class || type == Exchange.class) {
            throw invalid(
                    parameter,
                    "only the packets of a server's or client's connection have it",
                    "Name a server or a client.");
        }
        boolean postsOnly = handler.kinds().equals(Set.of(OperationKind.POST));
        MethodHandle ofHandle = postsOnly && type != Connection.class ? null : HANDLE.get(type);
        if (ofHandle != null) {
            return ofHandle;
        }
        MethodHandle ofPacket = PACKET.get(type);
        if (ofPacket != null) {
            return ofPacket;
        }
        if (!postsOnly && PACKET_DATA.containsKey(type)) {
            if (!isReceiver()) {
                throw invalid(parameter, "only a RECEIVE packet has data", "Add RECEIVE to kinds, or use @Attachment.");
            }
            return found(PACKET_DATA, type);
        }
        refusePrimitive(parameter, type);
        if (handler.target() instanceof HandlerTarget.Channel) {
            return ATTACHMENT;
        }
        throw invalid(
                parameter,
                "a handler of a whole port gets keys and attachments of every type",
                "Mark the parameter with @CompletionKey or @Attachment.");
    }

    // ---- mistakes

    private void refusePrimitive(MethodParameter parameter, Class<?> type) {
        if (type.isPrimitive()) {
            throw invalid(parameter, "nothing in a packet has this type", "Use long for the bytes transferred.");
        }
    }

    private MethodHandle refuseInEvent(MethodParameter parameter) {
        throw invalid(
                parameter,
                "an event has no packet",
                "Use ConnectionInfo, CloseReason, Connection, an address, Duration or the completion key.");
    }

    private InvalidHandlerException invalid(MethodParameter parameter, String why, String remedy) {
        return new InvalidHandlerException(
                method,
                "has a parameter that cannot be resolved: "
                        + parameter.getParameterType().getSimpleName() + " " + parameter.getParameterName()
                        + ", because " + why,
                remedy);
    }

    // ---- handles

    private static MethodHandle found(Map<Class<?>, MethodHandle> handles, Class<?> type) {
        MethodHandle handle = handles.get(type);
        if (handle == null) {
            throw new AssertionError(type);
        }
        return handle;
    }

    private static MethodHandle packet(String name, Class<?> type) {
        return ofPacket(part(name, type, OverlappedIO.class));
    }

    private static MethodHandle exchange(String name, Class<?> type) {
        return ofExchange(part(name, type, Exchange.class));
    }

    private static MethodHandle ofPacket(MethodHandle handle) {
        return MethodHandles.dropArguments(handle, 0, BOTH.parameterType(0));
    }

    private static MethodHandle ofExchange(MethodHandle handle) {
        return MethodHandles.dropArguments(handle, 1, BOTH.parameterType(1));
    }

    private static MethodHandle part(String name, Class<?> type, Class<?>... from) {
        try {
            return MethodHandles.lookup().findStatic(PacketParts.class, name, MethodType.methodType(type, from));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
