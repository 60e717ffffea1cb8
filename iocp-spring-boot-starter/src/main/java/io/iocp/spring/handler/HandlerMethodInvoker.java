package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import org.springframework.core.NativeDetector;

/**
 * Binds a handler method, once, at start-up: bean, arguments taken out of the packet and result become one method handle of
 * the type {@code (Exchange, OverlappedIO)Object}. A packet then costs no reflection, no array and no allocation.
 *
 * <p>Next: the annotated method.
 */
final class HandlerMethodInvoker {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final MethodType SHAPE = MethodType.methodType(Object.class, Exchange.class, OverlappedIO.class);

    private HandlerMethodInvoker() {}

    static HandlerInvocation bind(Object bean, Method method, HandlerParameters parameters) {
        MethodHandle handle = handleOf(method).bindTo(bean);
        int count = method.getParameterCount();
        int[] order = new int[2 * count];
        for (int i = count - 1; i >= 0; i--) {
            MethodHandle filter = parameters.filterFor(i);
            Class<?> type = method.getParameterTypes()[i];
            handle = MethodHandles.collectArguments(
                    handle, i, filter.asType(filter.type().changeReturnType(type)));
            order[2 * i + 1] = 1;
        }
        MethodType shape = SHAPE.changeReturnType(handle.type().returnType());
        return constant(MethodHandles.permuteArguments(handle, shape, order).asType(SHAPE));
    }

    private static MethodHandle handleOf(Method method) {
        try {
            method.setAccessible(true);
            return LOOKUP.unreflect(method).asFixedArity();
        } catch (IllegalAccessException | RuntimeException e) {
            InvalidHandlerException invalid = new InvalidHandlerException(
                    method, "cannot be called", "Make the class and the method public, or open their module.");
            invalid.initCause(e);
            throw invalid;
        }
    }

    private static HandlerInvocation constant(MethodHandle handle) {
        if (NativeDetector.inNativeImage()) {
            return new PlainInvocation(handle); // no class can be defined there
        }
        try {
            return (HandlerInvocation) LOOKUP.defineHiddenClassWithClassData(Template.BYTES, handle, true)
                    .lookupClass()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a handler method could not be bound", e);
        }
    }

    /** The class file that hidden classes are defined from; read where they are. */
    private static final class Template {
        static final byte[] BYTES = read();

        private static byte[] read() {
            try (InputStream in = HandlerMethodInvoker.class.getResourceAsStream("ConstantInvocation.class")) {
                if (in == null) {
                    throw new IllegalStateException("ConstantInvocation.class is missing in the jar of the starter");
                }
                return in.readAllBytes();
            } catch (IOException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
