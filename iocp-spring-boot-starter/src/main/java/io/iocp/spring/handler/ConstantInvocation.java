package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * Calls a method handle that is a constant of this class, so that the compiler inlines it down to the handler method. It is
 * never used itself: {@link HandlerMethodInvoker} defines one hidden copy of it for each handler method, with the handle as
 * class data.
 */
final class ConstantInvocation implements HandlerInvocation {
    private static final MethodHandle TARGET = target();

    private static MethodHandle target() {
        try {
            return MethodHandles.classData(MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, MethodHandle.class);
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public @Nullable Object invoke(@Nullable Exchange exchange, @Nullable OverlappedIO packet) throws Throwable {
        return (Object) TARGET.invokeExact(exchange, packet);
    }
}
