package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One annotated method, described: what it handles, how, and by which name.
 *
 * <p>Next: {@link HandlerMethodInvoker}.
 */
public final class HandlerEndpoint {
    private static final AtomicInteger INDEXES = new AtomicInteger();

    private final int index = INDEXES.getAndIncrement();
    private final String id;
    private final Method method;
    private final HandlerTarget target;
    private final Set<OperationKind> kinds;
    private final Set<ConnectionEvent> events;
    private final boolean blocking;
    private final boolean seesTheEnd;
    private final ReturnValue returnValue;
    private final HandlerInvocation invocation;

    /**
     * Binds the method.
     *
     * @param method of the class of {@code bean}
     * @throws InvalidHandlerException if a parameter or the result cannot be dealt with
     */
    public HandlerEndpoint(
            String id,
            Object bean,
            Method method,
            HandlerTarget target,
            Set<OperationKind> kinds,
            Set<ConnectionEvent> events,
            boolean blocking) {
        this.id = id;
        this.events = Set.copyOf(events);
        this.method = method;
        this.target = target;
        this.kinds = Set.copyOf(kinds.isEmpty() && events.isEmpty() ? defaultKinds(target) : kinds);
        this.blocking = blocking;
        this.seesTheEnd = HandlerParameters.showsTheEnd(method);
        checkKinds();
        this.returnValue = ReturnValue.of(method, target, this.kinds);
        this.invocation = HandlerMethodInvoker.bind(bean, method, target, this.kinds);
    }

    private static Set<OperationKind> defaultKinds(HandlerTarget target) {
        return switch (target) {
            case HandlerTarget.Server _, HandlerTarget.Client _ -> EnumSet.of(OperationKind.RECEIVE);
            case HandlerTarget.Channel _ -> EnumSet.of(OperationKind.POST);
            case HandlerTarget.Port _ -> EnumSet.allOf(OperationKind.class);
        };
    }

    private void checkKinds() {
        if (target instanceof HandlerTarget.Channel && !kinds.equals(Set.of(OperationKind.POST))) {
            throw new InvalidHandlerException(
                    method, "handles " + target + ", where only POST packets come", "Leave kinds out.");
        }
    }

    /** Small, unique in the process: a place in arrays that are kept for all handlers. */
    public int index() {
        return index;
    }

    public String id() {
        return id;
    }

    public HandlerTarget target() {
        return target;
    }

    public Set<OperationKind> kinds() {
        return kinds;
    }

    /** What it is told of that is no packet. */
    public Set<ConnectionEvent> events() {
        return events;
    }

    public boolean blocking() {
        return blocking;
    }

    /** Whether it wants the last packet of a connection too, which has no data. */
    public boolean seesTheEnd() {
        return seesTheEnd;
    }

    public ReturnValue returnValue() {
        return returnValue;
    }

    /** Calls the method. */
    public @Nullable Object invoke(@Nullable Exchange exchange, OverlappedIO packet) throws Exception {
        try {
            return invocation.invoke(exchange, packet);
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new InvocationTargetException(t);
        }
    }

    @Override
    public String toString() {
        return "handler '" + id + "' (" + InvalidHandlerException.nameOf(method) + ")";
    }
}
