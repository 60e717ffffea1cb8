package io.iocp.spring.handler;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A returned value that stands for replies which follow each other.
 *
 * @param open begins to take them out of it
 */
record SeriesReturn(ReturnValue element, HandlerEndpoint handler, Function<Object, Series.Source> open)
        implements ReturnValue {
    @Override
    public void send(@Nullable Object value, Exchange exchange) throws Exception {
        if (value != null) {
            new Series(open.apply(value), element, handler).send(exchange);
        }
    }
}
