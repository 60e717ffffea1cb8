package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Calls a method handle that it keeps: what takes the place of {@link ConstantInvocation} in a native image, where no class can
 * be defined at run time. It does the same, and costs the inlining.
 */
final class PlainInvocation implements HandlerInvocation {
    private final MethodHandle target;

    PlainInvocation(MethodHandle target) {
        this.target = target;
    }

    @Override
    public @Nullable Object invoke(@Nullable Exchange exchange, @Nullable OverlappedIO packet) throws Throwable {
        return (Object) target.invokeExact(exchange, packet);
    }
}
