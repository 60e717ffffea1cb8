package io.iocp.operation;

/**
 * Whether an operation that ends within its start is posted to the port.
 *
 * @see <a
 *     href="https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setfilecompletionnotificationmodes">SetFileCompletionNotificationModes
 *     (Windows)</a>
 */
public enum CompletionMode {
    /** Every started operation has its packet, however soon it ends. IBM's {@code postFlag} 1. */
    ALWAYS_POST,

    /**
     * What succeeds within its start has no packet: the start says so, and the results are there when it returns. IBM's {@code
     * postFlag} 0. Only where it saves something: {@link StartResult#COMPLETED_NOT_POSTED}.
     */
    SKIP_IF_IMMEDIATE
}
