package io.iocp.spring.handler;

/** What stands for a reply that is none. */
enum Signal {
    /** There are no more. */
    END,
    /** A stage is complete, and its result is null. */
    NONE
}
