package io.iocp.spring.observation;

import io.iocp.spring.handler.HandlerTarget;
import io.iocp.spring.observation.IocpHandlerObservation.Keys;
import io.micrometer.common.KeyValues;

/** The tags that are documented in {@link IocpHandlerObservation.Keys}. */
public class DefaultHandlerObservationConvention implements HandlerObservationConvention {
    private static final String NONE = "none";

    @Override
    public String getName() {
        return "iocp.handler.call";
    }

    @Override
    public String getContextualName(HandlerObservationContext context) {
        return context.handler().id() + " " + context.kind();
    }

    @Override
    public KeyValues getLowCardinalityKeyValues(HandlerObservationContext context) {
        HandlerTarget target = context.handler().target();
        return KeyValues.of(
                Keys.PORT.withValue(context.port()),
                Keys.SERVER.withValue(target instanceof HandlerTarget.Server server ? server.name() : NONE),
                Keys.CLIENT.withValue(target instanceof HandlerTarget.Client client ? client.name() : NONE),
                Keys.HANDLER.withValue(context.handler().id()),
                Keys.KIND.withValue(context.kind()),
                Keys.STATUS.withValue(context.status()),
                Keys.OUTCOME.withValue(context.getError() == null ? "success" : "failure"));
    }
}
