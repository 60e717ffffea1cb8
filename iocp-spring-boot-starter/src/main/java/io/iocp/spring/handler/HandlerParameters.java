package io.iocp.spring.handler;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.Attachment;
import io.iocp.spring.annotation.CompletionKey;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.ByteBuffer;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLSession;

/** Finds for a parameter of a handler method the handle that takes its value out of a packet. */
final class HandlerParameters {
    private static final Map<Class<?>, MethodHandle> PARTS = Map.of(
            OverlappedIO.class, MethodHandles.identity(OverlappedIO.class),
            Connection.class, part("connection", Connection.class),
            OperationKind.class, part("kind", OperationKind.class),
            Status.class, part("status", Status.class),
            long.class, part("bytesTransferred", long.class),
            IOException.class, part("failure", IOException.class),
            Exception.class, part("failure", IOException.class),
            Throwable.class, part("failure", IOException.class));

    /** What a server's connection knows, which may be another object than that of its accept's packet. */
    private static final Map<Class<?>, MethodHandle> OF_SERVER = Map.of(
            Connection.class, ofExchange("connectionOf", Connection.class),
            SecureConnection.class, ofExchange("secureConnectionOf", SecureConnection.class),
            SSLSession.class, ofExchange("sessionOf", SSLSession.class),
            X509Certificate.class, ofExchange("certificateOf", X509Certificate.class),
            Principal.class, ofExchange("principalOf", Principal.class),
            ConnectionInfo.class, ofExchange("infoOf", ConnectionInfo.class));

    private static final Map<Class<?>, MethodHandle> OF_PORT = Map.of(
            SecureConnection.class, part("secureConnection", SecureConnection.class),
            SSLSession.class, part("session", SSLSession.class),
            X509Certificate.class, part("certificate", X509Certificate.class),
            Principal.class, part("principal", Principal.class));

    private static final Map<Class<?>, MethodHandle> DATA = Map.of(
            ByteBuffer.class, part("data", ByteBuffer.class),
            byte[].class, part("bytes", byte[].class),
            String.class, part("text", String.class));

    private static final Set<Class<?>> SHOW_THE_END =
            Set.of(OverlappedIO.class, Status.class, IOException.class, Exception.class, Throwable.class);

    private static final MethodHandle REPLIES = MethodHandles.identity(Exchange.class);
    private static final MethodHandle KEY = part("key", Object.class);
    private static final MethodHandle ATTACHMENT = part("attachment", Object.class);

    private HandlerParameters() {}

    /** A handle from {@code OverlappedIO}, or from {@code Exchange}, to the parameter's value. */
    static MethodHandle filterFor(Method method, Parameter parameter, HandlerTarget target, Set<OperationKind> kinds) {
        Class<?> type = parameter.getType();
        if (parameter.isAnnotationPresent(CompletionKey.class)) {
            return KEY;
        }
        if (parameter.isAnnotationPresent(Attachment.class)) {
            return ATTACHMENT;
        }
        if (type == Replies.class) {
            return repliesFor(method, target, kinds);
        }
        MethodHandle ofTarget = switch (target) {
            case HandlerTarget.Server _, HandlerTarget.Client _ -> OF_SERVER.get(type);
            case HandlerTarget.Channel _ -> null;
            case HandlerTarget.Port _ -> OF_PORT.get(type);
        };
        if (ofTarget != null) {
            return ofTarget;
        }
        MethodHandle part = PARTS.get(type);
        if (part != null) {
            return part;
        }
        MethodHandle data = DATA.get(type);
        if (data != null && !(target instanceof HandlerTarget.Channel)) {
            if (!kinds.contains(OperationKind.RECEIVE) && !kinds.contains(OperationKind.TLS_RECEIVE)) {
                throw invalid(
                        method,
                        parameter,
                        "only a RECEIVE packet has data",
                        "Add RECEIVE to kinds, or use @Attachment.");
            }
            return data;
        }
        if (type.isPrimitive()) {
            throw invalid(
                    method, parameter, "nothing in a packet has this type", "Use long for the bytes transferred.");
        }
        return switch (target) {
            case HandlerTarget.Server _, HandlerTarget.Client _ -> KEY;
            case HandlerTarget.Channel _ -> ATTACHMENT;
            case HandlerTarget.Port _ ->
                throw invalid(
                        method,
                        parameter,
                        "a handler of a whole port gets keys and attachments of every type",
                        "Mark the parameter with @CompletionKey or @Attachment.");
        };
    }

    /** Whether the method can tell the last packet of a connection from one with data. */
    static boolean showsTheEnd(Method method) {
        for (Class<?> type : method.getParameterTypes()) {
            if (SHOW_THE_END.contains(type)) {
                return true;
            }
        }
        return false;
    }

    private static MethodHandle repliesFor(Method method, HandlerTarget target, Set<OperationKind> kinds) {
        if (target.hasExchange() && !kinds.contains(OperationKind.ACCEPT)) {
            return REPLIES;
        }
        throw new InvalidHandlerException(
                method,
                "has a parameter of type Replies, which only packets of a server's associated connection have",
                "Name a server and leave ACCEPT out of kinds; a handler of ACCEPT may return what is to be sent.");
    }

    private static InvalidHandlerException invalid(Method method, Parameter parameter, String why, String remedy) {
        return new InvalidHandlerException(
                method,
                "has a parameter that cannot be resolved: "
                        + parameter.getType().getSimpleName() + " " + parameter.getName() + ", because " + why,
                remedy);
    }

    private static MethodHandle part(String name, Class<?> type) {
        return part(name, type, OverlappedIO.class);
    }

    private static MethodHandle ofExchange(String name, Class<?> type) {
        return part(name, type, Exchange.class);
    }

    private static MethodHandle part(String name, Class<?> type, Class<?> from) {
        try {
            return MethodHandles.lookup().findStatic(PacketParts.class, name, MethodType.methodType(type, from));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
