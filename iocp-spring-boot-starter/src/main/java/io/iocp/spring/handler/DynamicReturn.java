package io.iocp.spring.handler;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A returned value of a type that says nothing: what it is shows when it is there. */
final class DynamicReturn implements ReturnValue {
    private final ReturnValues values;
    private final boolean inSeries;
    private final Map<Class<?>, ReturnValue> known = new ConcurrentHashMap<>();

    /** @param inSeries whether it is one of several replies, and so cannot be several itself */
    DynamicReturn(ReturnValues values, boolean inSeries) {
        this.values = values;
        this.inSeries = inSeries;
    }

    @Override
    public void send(@Nullable Object value, Exchange exchange) throws Exception {
        if (value != null) {
            known.computeIfAbsent(value.getClass(), this::of).send(value, exchange);
        }
    }

    private ReturnValue of(Class<?> type) {
        ReturnValue found = inSeries ? values.ofElement(type) : values.of(type);
        if (found == null) {
            throw new IllegalStateException("a handler has returned a " + type.getName() + ", which cannot be sent"
                    + (inSeries ? " as one of several replies" : "") + ": declare a FrameEncoder bean for it");
        }
        return found;
    }
}
