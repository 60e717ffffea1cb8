package io.iocp.spring.observation;

import io.micrometer.observation.Observation;

/** What goes with a post: the observation that the poster was in, and how its surroundings are put up again. */
interface PostedContext {

    /** The parent of what is observed where the packet is handled. */
    Observation observation();

    /** Puts the surroundings up on this thread, until it is closed. */
    AutoCloseable open();
}
