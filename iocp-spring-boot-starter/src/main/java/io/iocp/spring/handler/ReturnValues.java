package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import io.iocp.spring.framing.FrameEncoder;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import java.util.stream.BaseStream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.core.io.Resource;

/** Finds what becomes of what a handler returns. */
final class ReturnValues {
    private final HandlerEndpoint handler;
    private final List<FrameEncoder<?>> encoders;

    /** @param handler told of what fails later than its call */
    ReturnValues(HandlerEndpoint handler, List<FrameEncoder<?>> encoders) {
        this.handler = handler;
        this.encoders = encoders;
    }

    /** Of what is known when it is there. */
    ReturnValue ofAnything() {
        return new DynamicReturn(this, false);
    }

    /** @throws InvalidHandlerException if it cannot be sent */
    ReturnValue of(Method method) {
        ResolvableType type = ResolvableType.forMethodReturnType(method);
        Class<?> plain = method.getReturnType();
        if (plain == void.class || plain == Void.class) {
            return ReturnValue.nothing();
        }
        String name = plain.getSimpleName();
        if (!handler.target().hasExchange()) {
            throw new InvalidHandlerException(
                    method,
                    "returns " + name + ", but a packet of " + handler.target()
                            + " has no connection that it could be sent to",
                    "Return void, or name a server.");
        }
        if (handler.events().contains(ConnectionEvent.CLOSED)) {
            throw new InvalidHandlerException(
                    method, "returns " + name + ", but nothing can be sent to a closed connection", "Return void.");
        }
        boolean accepts = handler.kinds().equals(Set.of(OperationKind.ACCEPT));
        if (plain == Object.class && accepts) {
            return PlainReturn.KEY;
        }
        ReturnValue found = plain.isPrimitive() ? null : of(type);
        if (found != null) {
            return found;
        }
        if (accepts && !plain.isPrimitive()) {
            return PlainReturn.KEY;
        }
        throw new InvalidHandlerException(
                method,
                "returns " + type + ", which cannot be sent",
                "Return void, ByteBuffer, byte[], String, LeasedBuffer, Path, Resource, or a CompletionStage, Collection, Stream"
                        + " or Publisher of these; declare a FrameEncoder bean for any other type; or, with"
                        + " kinds = OperationKind.ACCEPT, return the connection's completion key.");
    }

    /** Of a value of this class; null if it cannot be sent. */
    @Nullable
    ReturnValue of(Class<?> type) {
        return of(ResolvableType.forClass(type));
    }

    private @Nullable ReturnValue of(ResolvableType type) {
        Class<?> plain = type.toClass();
        if (plain == Object.class) {
            return ofAnything();
        }
        ReturnValue single = ofSingle(plain);
        if (single != null) {
            return single;
        }
        if (Resource.class.isAssignableFrom(plain)) {
            return new ResourceReturn(handler);
        }
        if (CompletionStage.class.isAssignableFrom(plain)) {
            ReturnValue element = ofStage(type.as(CompletionStage.class).getGeneric());
            return element == null ? null : new StageReturn(element, handler);
        }
        Function<Object, Flow.Publisher<?>> publisher = Publishers.of(plain);
        if (publisher != null) {
            return ofSeries(type.getGeneric(), value -> subscribe(publisher.apply(value)));
        }
        if (Iterable.class.isAssignableFrom(plain)) {
            return ofSeries(type.as(Iterable.class).getGeneric(), SynchronousSource::of);
        }
        if (BaseStream.class.isAssignableFrom(plain)) {
            return ofSeries(type.as(BaseStream.class).getGeneric(), SynchronousSource::of);
        }
        return encoders.stream().anyMatch(encoder -> plain.isAssignableFrom(encoder.type())) ? ofAnything() : null;
    }

    private @Nullable ReturnValue ofStage(ResolvableType result) {
        return result.toClass() == Void.class ? ReturnValue.nothing() : of(result);
    }

    private @Nullable ReturnValue ofSeries(ResolvableType elementType, Function<Object, Series.Source> open) {
        Class<?> plain = elementType.toClass();
        ReturnValue element = plain == Object.class
                ? new DynamicReturn(this, true)
                : plain == Void.class ? ReturnValue.nothing() : ofElement(plain);
        return element == null ? null : new SeriesReturn(element, handler, open);
    }

    /** Of one of several replies, which is there at once; null if it cannot be sent as that. */
    @Nullable
    ReturnValue ofElement(Class<?> type) {
        ReturnValue single = ofSingle(type);
        if (single != null) {
            return single;
        }
        return encoders.stream().anyMatch(encoder -> type.isAssignableFrom(encoder.type()))
                ? new DynamicReturn(this, true)
                : null;
    }

    private @Nullable ReturnValue ofSingle(Class<?> type) {
        Optional<FrameEncoder<?>> exact =
                encoders.stream().filter(encoder -> encoder.type() == type).findFirst();
        if (exact.isPresent()) {
            return new FrameReturn<>(exact.get());
        }
        ReturnValue plain = PlainReturn.of(type);
        if (plain != null) {
            return plain;
        }
        if (Path.class.isAssignableFrom(type)) {
            return new PathReturn();
        }
        return encoders.stream()
                .filter(encoder -> encoder.type().isAssignableFrom(type))
                .findFirst()
                .<ReturnValue>map(FrameReturn::new)
                .orElse(null);
    }

    private static Series.Source subscribe(Flow.Publisher<?> publisher) {
        PublisherSource source = new PublisherSource();
        publisher.subscribe(source);
        return source;
    }
}
