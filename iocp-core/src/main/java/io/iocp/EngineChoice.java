package io.iocp;

/** Which engine a port is to use. */
public enum EngineChoice {
    /** io_uring where it works, else NIO; the reason is kept in {@link EngineReport}. */
    AUTO,
    /** io_uring or nothing: opening the port fails where it is missing or forbidden. */
    IO_URING,
    /** NIO, also where io_uring works. No native access is made. */
    NIO
}
