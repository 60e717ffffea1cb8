package io.iocp.spring.test;

/** What the completion port of a test runs on. */
public enum EngineUnderTest {
    /** What the application's {@code iocp.engine} says; by default io_uring where it works, else NIO. */
    AUTO,
    /** NIO, on every system. */
    NIO,
    /** io_uring; where it is missing or forbidden the application does not start. */
    IO_URING,
    /**
     * A network in memory, which {@linkplain SimulatedFaults does often what a real one does seldom}. Nothing of the machine is
     * used: no port number is taken, no packet leaves the process.
     */
    SIMULATED
}
