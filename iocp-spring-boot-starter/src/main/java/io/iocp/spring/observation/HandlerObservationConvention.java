package io.iocp.spring.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/** Names and tags of {@link IocpHandlerObservation#CALL}. A bean of this type takes the place of the default. */
public interface HandlerObservationConvention extends ObservationConvention<HandlerObservationContext> {
    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof HandlerObservationContext;
    }
}
