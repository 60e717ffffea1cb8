package io.iocp.demo.files;

/** What is sent back for one request. */
sealed interface Response {

    /** Whether the connection ends after it. */
    boolean closes();

    /**
     * A head, and a body that we made ourselves behind it, or none.
     *
     * @param bytes both
     */
    @SuppressWarnings("ArrayRecordComponent") // made to be sent, never compared
    record Made(byte[] bytes, boolean closes) implements Response {}

    /**
     * A head and bytes of a file.
     *
     * @param file with a reference that whoever sends it ends
     * @param head the head alone
     * @param length at least 1
     */
    @SuppressWarnings("ArrayRecordComponent") // made to be sent, never compared
    record FromFile(OpenFile file, byte[] head, long offset, long length, boolean closes) implements Response {}
}
