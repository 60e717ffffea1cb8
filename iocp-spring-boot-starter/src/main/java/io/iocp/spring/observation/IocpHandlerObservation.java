package io.iocp.spring.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** The observations of the starter. */
public enum IocpHandlerObservation implements ObservationDocumentation {
    /**
     * One call of a handler: from before its first parameter is resolved until it has returned, or until the stage that it has
     * returned is complete.
     */
    CALL {
        @Override
        public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
            return DefaultHandlerObservationConvention.class;
        }

        @Override
        public KeyName[] getLowCardinalityKeyNames() {
            return Keys.values();
        }

        @Override
        public String getPrefix() {
            return "iocp";
        }
    };

    /** Tags of few values: never an address, an id of a connection, or a key. */
    public enum Keys implements KeyName {
        /** Name of the completion port. */
        PORT {
            @Override
            public String asString() {
                return "port";
            }
        },
        /** Name of the server, 'none' for packets of no server. */
        SERVER {
            @Override
            public String asString() {
                return "server";
            }
        },
        /** Name of the client, 'none' for packets of no client. */
        CLIENT {
            @Override
            public String asString() {
                return "client";
            }
        },
        /** The handler's id. */
        HANDLER {
            @Override
            public String asString() {
                return "handler";
            }
        },
        /** Kind of the packet, or the event. */
        KIND {
            @Override
            public String asString() {
                return "kind";
            }
        },
        /** Status of the packet; 'none' for an event. */
        STATUS {
            @Override
            public String asString() {
                return "status";
            }
        },
        /** Whether the handler has returned: 'success', or 'failure'. */
        OUTCOME {
            @Override
            public String asString() {
                return "outcome";
            }
        }
    }
}
