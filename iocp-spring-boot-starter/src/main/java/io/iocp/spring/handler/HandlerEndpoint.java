package io.iocp.spring.handler;

import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One handler of one target, described: what it handles, how, and by which name. It is bound, once, when all beans are there; at the
 * latest by its first packet.
 *
 * <p>Thread: any; it is called by workers.
 *
 * <p>Next: {@link HandlerMethodInvoker}.
 */
public final class HandlerEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(HandlerEndpoint.class);
    private static final AtomicInteger INDEXES = new AtomicInteger();
    private static final long LOG_NANOS = 1_000_000_000;

    private static final Set<OperationKind> OF_FILES = EnumSet.of(
            OperationKind.FILE_READ,
            OperationKind.FILE_WRITE,
            OperationKind.FILE_SYNC,
            OperationKind.FILE_ALLOCATE,
            OperationKind.FILE_TRUNCATE);

    private final int index = INDEXES.getAndIncrement();
    private final String id;
    private final HandlerTarget target;
    private final Set<OperationKind> kinds;
    private final Set<ConnectionEvent> events;
    private final boolean declaredBlocking;
    private final boolean autoStartup;
    private final @Nullable CompletionErrorHandler errorHandler;
    private final String errorHandlerName;
    private final @Nullable Object bean;
    private final @Nullable Method method;
    private final @Nullable HandlerFunction function;
    private final LongAdder failures = new LongAdder();
    private final AtomicLong lastLogged = new AtomicLong(System.nanoTime() - LOG_NANOS);
    private volatile boolean blocking;
    private volatile HandlerBinder binder = new HandlerBinder(HandlerSupport.none());
    private volatile @Nullable HandlerTable table;
    private volatile @Nullable HandlerBinding binding;

    private HandlerEndpoint(Builder description) {
        id = description.id;
        target = description.target;
        events = Set.copyOf(description.events);
        kinds = Set.copyOf(description.kinds.isEmpty() && events.isEmpty() ? defaultKinds(target) : description.kinds);
        declaredBlocking = description.blocking;
        blocking = declaredBlocking;
        autoStartup = description.autoStartup;
        errorHandler = description.errorHandler;
        errorHandlerName = description.errorHandlerName;
        bean = description.bean;
        method = description.method;
        function = description.function;
        if ((method == null) == (function == null)) {
            throw new IllegalStateException("handler '" + id + "' needs either a method or a function");
        }
        checkKinds();
    }

    /**
     * Describes a handler.
     *
     * @param id its name in meters, logs and {@link HandlerRegistry}
     */
    public static Builder builder(String id, HandlerTarget target) {
        return new Builder(id, target);
    }

    /** What is known of a handler before it is made. */
    public static final class Builder {
        private final String id;
        private final HandlerTarget target;
        private Set<OperationKind> kinds = Set.of();
        private Set<ConnectionEvent> events = Set.of();
        private boolean blocking;
        private boolean autoStartup = true;
        private @Nullable CompletionErrorHandler errorHandler;
        private String errorHandlerName = "";
        private @Nullable Object bean;
        private @Nullable Method method;
        private @Nullable HandlerFunction function;

        private Builder(String id, HandlerTarget target) {
            this.id = Objects.requireNonNull(id);
            this.target = Objects.requireNonNull(target);
        }

        /** Packets that it handles; RECEIVE of a server or client, POST of a channel, all of a port if nothing is said. */
        public Builder kinds(OperationKind... those) {
            kinds = Set.of(those);
            return this;
        }

        /** What it is told of in place of packets. */
        public Builder events(ConnectionEvent... those) {
            events = Set.of(those);
            return this;
        }

        /** Whether it waits for something, so that it must not run on the worker of a shard. */
        public Builder blocking(boolean value) {
            blocking = value;
            return this;
        }

        /** Whether it gets packets from the beginning, or once it is started. */
        public Builder autoStartup(boolean value) {
            autoStartup = value;
            return this;
        }

        /** Asked first when it fails. */
        public Builder errorHandler(CompletionErrorHandler value) {
            errorHandler = value;
            return this;
        }

        /** Name of the bean that is asked first when it fails; empty for none. */
        public Builder errorHandlerName(String value) {
            errorHandlerName = value;
            return this;
        }

        /** The method to be called, of the class of {@code of}; bound as an annotated one. */
        public Builder method(Object of, Method called) {
            bean = of;
            method = called;
            return this;
        }

        /** What is to be called. */
        public Builder function(HandlerFunction called) {
            function = called;
            return this;
        }

        /**
         * Describes it; to be {@linkplain HandlerRegistry#register registered}.
         *
         * @throws InvalidHandlerException if the target has no packets of these kinds
         */
        public HandlerEndpoint build() {
            return new HandlerEndpoint(this);
        }
    }

    private static Set<OperationKind> defaultKinds(HandlerTarget target) {
        return switch (target) {
            case HandlerTarget.Server _, HandlerTarget.Client _ -> EnumSet.of(OperationKind.RECEIVE);
            case HandlerTarget.Channel _ -> EnumSet.of(OperationKind.POST);
            case HandlerTarget.Port _ -> EnumSet.allOf(OperationKind.class);
        };
    }

    private void checkKinds() {
        if (!events.isEmpty() && !kinds.isEmpty()) {
            throw invalid(
                    "has kinds of packets and also events",
                    "Repeat the annotation: one with kinds, one with events; or use @OnClosed and @OnDrain.");
        }
        if (!target.hasExchange()) {
            if (!events.isEmpty()) {
                throw invalid("handles " + target + ", which has no events", "Name a server or a client.");
            }
            return;
        }
        for (OperationKind kind : kinds) {
            if (OF_FILES.contains(kind)) {
                throw invalid(
                        "handles " + target + ", whose connections have no " + kind + " packets",
                        "Use the channel, which is the completion key, that the file is associated with.");
            }
            if (kind == OperationKind.CONNECT && target instanceof HandlerTarget.Server) {
                throw invalid("handles " + target + ", where no CONNECT packets come", "Use ACCEPT.");
            }
            if (kind == OperationKind.ACCEPT && target instanceof HandlerTarget.Client) {
                throw invalid("handles " + target + ", where no ACCEPT packets come", "Use CONNECT.");
            }
        }
    }

    private InvalidHandlerException invalid(String problem, String remedy) {
        Method annotated = method;
        return annotated == null
                ? new InvalidHandlerException("The handler '" + id + "' " + problem + ".", remedy)
                : new InvalidHandlerException(annotated, problem, remedy);
    }

    // ---- facts

    /** Small, unique in the process: a place in arrays that are kept for all handlers. */
    public int index() {
        return index;
    }

    /** The same for each target of one method. */
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

    /** Whether it runs where it may wait: it has said that it does, or all handlers run on virtual threads. */
    public boolean blocking() {
        return blocking;
    }

    /** Whether it gets packets from the beginning, or once it is started. */
    public boolean autoStartup() {
        return autoStartup;
    }

    /** Whether it wants the last packet of a connection too, which has no data. */
    public boolean seesTheEnd() {
        return bound().seesTheEnd();
    }

    public ReturnValue returnValue() {
        return bound().returnValue();
    }

    /** How often it has failed, whatever became of it. */
    public long failures() {
        return failures.sum();
    }

    /** The annotated method, null for a {@link HandlerFunction}. */
    public @Nullable Method annotatedMethod() {
        return method;
    }

    Method method() {
        return Objects.requireNonNull(method);
    }

    Object bean() {
        return Objects.requireNonNull(bean);
    }

    @Nullable
    HandlerFunction function() {
        return function;
    }

    @Nullable
    CompletionErrorHandler errorHandler() {
        return errorHandler;
    }

    String errorHandlerName() {
        return errorHandlerName;
    }

    // ---- binding

    /** Where it was registered. */
    void registered(HandlerBinder with, HandlerTable at, boolean onVirtualThreads) {
        with.named(this);
        binder = with;
        table = at;
        blocking = declaredBlocking || onVirtualThreads;
        binding = null;
    }

    /**
     * Binds it, unless it is.
     *
     * @throws InvalidHandlerException if a parameter or the result cannot be dealt with
     */
    HandlerBinding bound() {
        HandlerBinding present = binding;
        return present != null ? present : bind();
    }

    private synchronized HandlerBinding bind() {
        HandlerBinding present = binding;
        if (present == null) {
            HandlerTable at = table;
            present = binder.bind(this, at == null ? null : at.frameType());
            binding = present;
        }
        return present;
    }

    // ---- calls

    /**
     * Calls it for a packet and sends what it returns. What it throws goes to the error handlers.
     *
     * @param exchange null for a channel and for a whole port
     * @throws Exception if no error handler has dealt with it: the connection is to be closed
     */
    public void handle(@Nullable Exchange exchange, OverlappedIO packet) throws Exception {
        HandlerBinding call = bound();
        OperationKind kind = packet.kind(); // what the packet is afterwards is the handler's business
        try {
            Object result = call.invocation().invoke(exchange, packet);
            if (result != null && exchange != null) {
                call.returnValue().send(result, exchange);
            }
        } catch (Throwable t) {
            failed(exchange, kind, t);
        }
    }

    /**
     * Tells it of an event. What it throws and no error handler deals with is logged and counted, and changes nothing: the
     * connection ends in any case.
     */
    public void tell(Exchange exchange, ConnectionEvent event) {
        HandlerBinding call = bound();
        try {
            Object result = call.invocation().invoke(exchange, null);
            if (result != null) {
                call.returnValue().send(result, exchange);
            }
        } catch (Throwable t) {
            try {
                failed(event == ConnectionEvent.CLOSED ? null : exchange, null, t);
            } catch (Exception | Error e) {
                log(event, e);
            }
        }
    }

    private void log(ConnectionEvent event, Throwable failure) {
        long now = System.nanoTime();
        long last = lastLogged.get();
        if (now - last >= LOG_NANOS && lastLogged.compareAndSet(last, now)) {
            LOG.error("{} failed for {}; {} failures of it so far", this, event, failures(), failure);
        }
    }

    /** Calls the method; what it returns is for the caller to send, and what it throws to deal with. */
    public @Nullable Object invoke(@Nullable Exchange exchange, OverlappedIO packet) throws Exception {
        try {
            return bound().invocation().invoke(exchange, packet);
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new InvocationTargetException(t);
        }
    }

    /**
     * The handler has failed, or what it has returned has: asks the error handlers.
     *
     * @param exchange null if there is no connection, or nothing can be sent to it
     * @param kind of the packet; null for an event, and for what was returned and has failed later
     * @throws Exception the failure, if it was not dealt with
     */
    public void failed(@Nullable Exchange exchange, @Nullable OperationKind kind, Throwable failure) throws Exception {
        failures.increment();
        if (failure instanceof Error error) {
            throw error;
        }
        Exception exception = failure instanceof Exception e ? e : new InvocationTargetException(failure);
        HandlerFailure told = null;
        for (CompletionErrorHandler asked : bound().errorHandlers()) {
            if (told == null) {
                told = new HandlerFailure(this, kind, exchange == null ? null : exchange.info(), exchange, exception);
            }
            CompletionErrorHandler.Decision decision;
            try {
                decision = asked.failed(told);
            } catch (Exception | Error e) {
                if (!e.equals(exception)) {
                    exception.addSuppressed(e);
                }
                throw exception;
            }
            switch (decision) {
                case NEXT -> {
                    continue;
                }
                case KEEP -> {}
                case CLOSE_WHEN_SENT -> {
                    if (exchange != null) {
                        exchange.closeWhenSent(CloseReason.HANDLER_FAILED);
                    }
                }
                case CLOSE -> {
                    if (exchange != null) {
                        exchange.close(CloseReason.HANDLER_FAILED);
                    }
                }
            }
            return;
        }
        throw exception;
    }

    @Override
    public String toString() {
        Method annotated = method;
        return "handler '" + id + "'"
                + (annotated == null ? "" : " (" + InvalidHandlerException.nameOf(annotated) + ")");
    }
}
