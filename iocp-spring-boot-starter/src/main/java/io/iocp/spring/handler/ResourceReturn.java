package io.iocp.spring.handler;

import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/**
 * A returned resource: transmitted if it is a file. Any other is read and sent in pieces, while no more waits to be sent than is
 * good.
 */
record ResourceReturn(HandlerEndpoint handler) implements ReturnValue {
    @Override
    public void send(@Nullable Object value, Exchange exchange) throws Exception {
        if (!(value instanceof Resource resource)) {
            return;
        }
        if (resource.isFile()) {
            PathReturn.transmit(resource.getFile().toPath(), exchange);
        } else {
            new Series(new ResourcePieces(resource.getInputStream()), PlainReturn.BUFFER, handler).send(exchange);
        }
    }
}
